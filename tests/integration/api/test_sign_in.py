"""Who gets in with a password, for how long, and what ends it?"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from shared.db.session import connect
from shared.identity.sessions.refresh import GRACE_S
from shared.identity.sign_in.passwords import make_hash
from shared.identity.store import sessions
from tests.support.gateway import Gateway
from tests.support.people import PASSWORD, add_person, forget_tries, log_in, signed_in


def refreshed(gateway: Gateway, token: str) -> httpx.Response:
    return gateway.post("/api/auth/refresh", {"refresh_token": token}, Authorization="")


def let_grace_pass(gateway: Gateway) -> None:
    """As if all that was used had been used longer ago than the grace."""
    gateway.query(f"UPDATE refresh_tokens SET used_at = used_at - interval '{GRACE_S + 1} seconds'")


def test_a_person_signs_in_and_is_who_they_are(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local", "editor")
    me = mara.http.get("/api/me").json()
    assert me["kind"] == "person"
    assert me["person"] == {
        "id": mara.id,
        "email": mara.email,
        "session_id": mara.tokens["session_id"],
        "role": "editor",
        "totp": False,
    }
    assert me["workspace"]["name"] == "local"
    assert me["scopes"] == ["read", "submit"]
    assert mara.tokens["expires_in"] == gateway.settings.access_token_s


def test_upper_case_is_the_same_person(gateway: Gateway):
    add_person(gateway.settings, "mara@example.org", "local")
    assert log_in(gateway, "Mara@Example.ORG").status_code == 200


@pytest.mark.parametrize(("email", "password"), [("mara@example.org", "wrong"), ("nobody@example.org", PASSWORD)])
def test_a_wrong_password_and_an_unknown_address_are_told_alike(module_gateway: Gateway, email: str, password: str):
    add_person(module_gateway.settings, "mara@example.org", "local")
    answer = log_in(module_gateway, email, password)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.json()["detail"] == "E-mail address and password do not belong together."


def test_an_unknown_address_costs_a_check_of_a_password_too(gateway: Gateway):
    assert took(lambda: log_in(gateway, "nobody@example.org")) > 0.5 * took(lambda: make_hash(PASSWORD))


def took(work: Callable[[], object]) -> float:
    """The shortest of three times (seconds): what else the machine does only makes it longer."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def test_each_refresh_token_is_good_once(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    first = refreshed(gateway, mara.tokens["refresh_token"]).json()
    second = refreshed(gateway, first["refresh_token"]).json()
    assert len({mara.tokens["refresh_token"], first["refresh_token"], second["refresh_token"]}) == 3
    assert first["session_id"] == second["session_id"] == mara.tokens["session_id"]
    assert gateway.with_key(second["access_token"]).get("/api/me").status_code == 200


def test_a_lost_answer_signs_nobody_out_and_makes_no_second_family(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refreshed(gateway, mara.tokens["refresh_token"]), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert gateway.query("SELECT count(*) AS n FROM refresh_tokens")[0]["n"] == 2


def test_a_replayed_refresh_token_ends_its_family(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    stolen = mara.tokens["refresh_token"]
    own = refreshed(gateway, stolen).json()
    let_grace_pass(gateway)
    replayed = refreshed(gateway, stolen)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "token_reused")
    assert refreshed(gateway, own["refresh_token"]).status_code == 401
    assert gateway.with_key(own["access_token"]).get("/api/me").status_code == 401


def test_within_the_grace_a_token_whose_follower_was_used_ends_its_family_too(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    following = refreshed(gateway, mara.tokens["refresh_token"]).json()
    last = refreshed(gateway, following["refresh_token"]).json()
    assert refreshed(gateway, mara.tokens["refresh_token"]).json()["code"] == "token_reused"
    assert refreshed(gateway, last["refresh_token"]).status_code == 401


def test_a_revoked_session_is_over_with_the_next_request(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    elsewhere = signed_in(gateway, "mara@example.org", "local")
    listed = mara.http.get("/api/auth/sessions").json()["items"]
    assert [(one["id"], one["current"]) for one in listed] == [
        (elsewhere.tokens["session_id"], False),
        (mara.tokens["session_id"], True),
    ]
    assert mara.http.delete(f"/api/auth/sessions/{elsewhere.tokens['session_id']}").status_code == 200
    assert elsewhere.http.get("/api/me").status_code == 401
    assert refreshed(gateway, elsewhere.tokens["refresh_token"]).status_code == 401
    assert mara.http.get("/api/me").status_code == 200


def test_nobody_ends_anothers_session(gateway: Gateway):
    mara, noor = signed_in(gateway, "mara@example.org", "local"), signed_in(gateway, "noor@example.org", "local")
    assert mara.http.delete(f"/api/auth/sessions/{noor.tokens['session_id']}").status_code == 404
    assert noor.http.get("/api/me").status_code == 200


def test_who_signs_out_is_out(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    assert mara.http.post("/api/auth/logout").status_code == 200
    assert mara.http.get("/api/me").status_code == 401


def test_a_session_ends_when_it_is_not_used_and_at_the_latest_at_its_end(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    gateway.query("UPDATE sessions SET ends_at = clock_timestamp() + interval '1 hour'")
    answer = refreshed(gateway, mara.tokens["refresh_token"]).json()
    row = gateway.query("SELECT expires_at = ends_at AS capped FROM sessions")[0]
    assert row["capped"]
    gateway.query("UPDATE sessions SET expires_at = clock_timestamp()")
    assert refreshed(gateway, answer["refresh_token"]).status_code == 401
    assert mara.http.get("/api/me").status_code == 401


def test_a_new_password_ends_all_other_sessions(gateway: Gateway):
    mara, elsewhere = signed_in(gateway, "mara@example.org", "local"), signed_in(gateway, "mara@example.org", "local")
    body = {"current": PASSWORD, "password": "seven crows under an arch"}
    assert mara.http.post("/api/auth/password", json=body | {"current": "wrong"}).json()["code"] == "wrong_password"
    assert mara.http.post("/api/auth/password", json=body).json() == {"ended_sessions": 1}
    assert elsewhere.http.get("/api/me").status_code == 401
    assert mara.http.get("/api/me").status_code == 200
    assert log_in(gateway, mara.email).status_code == 401
    assert log_in(gateway, mara.email, body["password"]).status_code == 200


@pytest.mark.parametrize(
    "password", ["passwordpassword", "Password1234!", "123456789012", "mara@example.org", "qwertyuiop12"]
)
def test_a_password_that_is_guessed_first_is_refused(module_gateway: Gateway, password: str):
    mara = signed_in(module_gateway, "mara@example.org", "local")
    forget_tries(module_gateway)
    answer = mara.http.post("/api/auth/password", json={"current": PASSWORD, "password": password})
    assert (answer.status_code, answer.json()["code"]) == (409, "weak_password")


def test_a_short_or_endless_password_is_refused_by_the_schema(module_gateway: Gateway):
    mara = signed_in(module_gateway, "mara@example.org", "local")
    for password in ("elevenchars", "x" * 257):
        answer = mara.http.post("/api/auth/password", json={"current": PASSWORD, "password": password})
        assert answer.status_code == 422


def test_what_is_kept_of_tokens_is_their_hash_alone(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    token = mara.tokens["refresh_token"]
    rows = gateway.query("SELECT hash FROM refresh_tokens")
    assert [bytes(row["hash"]) for row in rows] == [hashlib.sha256(token.encode()).digest()]
    dumped = "".join(str(gateway.query(f"SELECT {name}::text AS t FROM {name}")) for name in ("people", "sessions"))
    assert token not in dumped
    assert PASSWORD not in dumped
    assert "$argon2id$" in dumped


def test_what_ended_long_ago_is_forgotten(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    signed_in(gateway, "noor@example.org", "local")
    gateway.post("/api/auth/ticket")
    gateway.post("/api/invitations", {"email": "new@example.org", "role": "viewer"})
    long_ago = "clock_timestamp() - interval '31 days'"
    gateway.query(f"UPDATE sessions SET ends_at = {long_ago} WHERE person_id = %(id)s", id=mara.id)
    gateway.query(f"UPDATE tickets SET expires_at = {long_ago}")
    gateway.query(f"UPDATE invitations SET expires_at = {long_ago}")
    assert asyncio.run(forgotten(gateway)) == 3
    assert gateway.query("SELECT count(*) AS n FROM sessions")[0]["n"] == 1
    assert gateway.query("SELECT count(*) AS n FROM refresh_tokens")[0]["n"] == 1


async def forgotten(gateway: Gateway) -> int:
    """As housekeeping does it."""
    engine = connect(gateway.settings, "worker")
    async with engine.begin() as connection:
        count = await sessions.forget_old(connection, 30)
    await engine.dispose()
    return count
