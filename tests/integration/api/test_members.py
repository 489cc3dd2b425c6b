"""Who is a member, as what, and who decides it?"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api import live, recheck
from shared.identity import invitations as invitation_bounds
from shared.identity import workspaces as workspace_bounds
from tests.support.gateway import Gateway, new_workspace
from tests.support.people import add_person, log_in, signed_in


def test_a_role_holds_from_the_next_request_on(gateway: Gateway):
    mara, noor = signed_in(gateway, "mara@example.org", "local"), signed_in(gateway, "noor@example.org", "local", "viewer")
    probe = {"type": "probe", "payload": {"lane": "system"}}
    assert noor.http.post("/api/scheduler/task", json=probe).status_code == 403
    changed = mara.http.patch(f"/api/members/{noor.id}", json={"role": "editor"})
    assert (changed.status_code, changed.json()["role"]) == (200, "editor")
    assert noor.http.post("/api/scheduler/task", json=probe).status_code == 201
    assert mara.http.delete(f"/api/members/{noor.id}").status_code == 200
    assert noor.http.post("/api/scheduler/task", json=probe).status_code == 422
    assert noor.http.get("/api/me").json()["workspace"] is None
    said = gateway.query("SELECT type, data FROM task_events WHERE type LIKE 'member.%%' ORDER BY seq")
    assert [row["type"] for row in said] == ["member.changed", "member.removed"]
    assert said[0]["data"]["by"] == "mara@example.org"


def test_the_last_owner_stays_also_when_two_leave_at_once(gateway: Gateway):
    mara, noor = signed_in(gateway, "mara@example.org", "local"), signed_in(gateway, "noor@example.org", "local")
    with ThreadPoolExecutor(2) as pool:
        left = list(pool.map(lambda who: who.http.delete(f"/api/members/{who.id}"), (mara, noor)))
    assert sorted(answer.status_code for answer in left) == [200, 409]
    owner = mara if left[1].status_code == 200 else noor
    for answer in (
        owner.http.delete(f"/api/members/{owner.id}"),
        owner.http.patch(f"/api/members/{owner.id}", json={"role": "viewer"}),
    ):
        assert answer.json()["code"] == "last_owner"


def test_members_are_listed_page_by_page(gateway: Gateway):
    emails = {f"p{n}@example.org" for n in range(5)}
    for email in emails:
        add_person(gateway.settings, email, "local", "viewer")
    seen, cursor = [], ""
    while True:
        page = gateway.http.get(f"/api/members?limit=2{cursor}").json()
        seen += [one["email"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert (set(seen), len(seen)) == (emails, 5)


def test_only_who_owns_a_workspace_makes_another(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    mara, noor = signed_in(gateway, "mara@example.org", "local"), signed_in(gateway, "noor@example.org", "local", "approver")
    assert noor.http.post("/api/workspaces", json={"name": "mine"}).status_code == 403
    made = mara.http.post("/api/workspaces", json={"name": "second"}).json()
    assert [one["name"] for one in mara.http.get("/api/workspaces").json()["items"]] == ["second", "local"]
    assert mara.http.get("/api/members").status_code == 422
    inside = mara.http.get("/api/members", headers={"X-Workspace": made["id"]}).json()["items"]
    assert [(one["email"], one["role"]) for one in inside] == [("mara@example.org", "owner")]
    monkeypatch.setattr(workspace_bounds, "MOST_WORKSPACES", 2)
    assert mara.http.post("/api/workspaces", json={"name": "third"}).json()["code"] == "too_many"


def test_a_workspace_that_is_not_ones_own_is_not_there(gateway: Gateway):
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
    other = theirs.get("/api/me").json()["workspace"]["id"]
    mara = signed_in(gateway, "mara@example.org", "local")
    for http in (mara.http, gateway.http):
        for named in (other, "00000000-0000-7000-8000-000000000001", "nonsense"):
            assert http.get("/api/members", headers={"X-Workspace": named}).status_code == 404
        assert http.get("/api/members", headers={"X-Workspace": gateway.workspace_id}).status_code == 200
    assert [one["id"] for one in theirs.get("/api/workspaces").json()["items"]] == [other]


def test_an_invitation_that_is_taken_back_or_too_old_lets_nobody_in(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    body = {"email": "noor@example.org", "role": "editor"}
    first, second = gateway.post("/api/invitations", body).json(), gateway.post("/api/invitations", body).json()
    assert "token" not in gateway.http.get("/api/invitations").json()["items"][0]
    assert gateway.http.delete(f"/api/invitations/{first['id']}").status_code == 200
    assert gateway.http.delete(f"/api/invitations/{first['id']}").status_code == 404
    gateway.query("UPDATE invitations SET expires_at = clock_timestamp()")
    for made in (first, second):
        accept = {"token": made["token"], "password": "seven crows under an arch"}
        assert gateway.post("/api/invitations/accept", accept, Authorization="").status_code == 401
    assert gateway.http.get("/api/invitations").json()["items"] == []
    monkeypatch.setattr(invitation_bounds, "MOST_OPEN", 0)
    assert gateway.post("/api/invitations", body).json()["code"] == "too_many"


def test_two_who_accept_at_once_make_one_member(gateway: Gateway):
    made = gateway.post("/api/invitations", {"email": "noor@example.org", "role": "editor"}).json()
    body = {"token": made["token"], "password": "seven crows under an arch"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: gateway.post("/api/invitations/accept", body, Authorization=""), range(4)))
    assert [answer.status_code for answer in answers].count(201) == 1
    assert gateway.query("SELECT count(*) AS n FROM people")[0]["n"] == 1


@pytest.mark.parametrize(
    "email",
    [
        "a@b",
        "mara@localhost",
        "a..b@example.org",
        "mara@-x.org",
        "m\u0430ra@example.org",
        "mara@\u0435\u0445\u0430\u043c\u0440\u04cf\u0435.org",
        "\uff4dara@example.org",
        "mar\u0251@example.org",
        "\u0441\u043e\u0441\u043e@example.org",
    ],
)
def test_what_is_no_address_is_not_invited(module_gateway: Gateway, email: str):
    answer = module_gateway.post("/api/invitations", {"email": email, "role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_refused")


def test_an_open_stream_ends_when_its_session_does(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recheck, "EVERY_S", 0.1)
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.2)
    mara = signed_in(gateway, "mara@example.org", "local")
    task = gateway.submit()
    with mara.http.stream("GET", "/api/events?after=0") as answer:
        lines = answer.iter_lines()
        assert json.loads(next(line for line in lines if line.startswith("data: "))[6:])["subject"] == task["id"]
        gateway.query("UPDATE sessions SET ended_at = clock_timestamp(), ended_because = 'revoked'")
        gateway.submit()
        assert not [line for line in lines if line.startswith("data: ")][1:]  # at most what was read before
    assert mara.http.get("/api/events").status_code == 401


@pytest.mark.parametrize(
    "email", ["j\u00fcrgen@example.org", "\u0438\u0432\u0430\u043d@example.org", "\u7530\u4e2d\u3055\u3093@example.jp"]
)
def test_letters_of_any_script_are_an_address_where_they_pass_for_no_other(module_gateway: Gateway, email: str):
    assert module_gateway.post("/api/invitations", {"email": email, "role": "viewer"}).status_code == 201


def test_an_owner_ends_the_sessions_of_a_member_and_of_nobody_else(gateway: Gateway):
    mara, noor = signed_in(gateway, "mara@example.org", "local"), signed_in(gateway, "noor@example.org", "local", "editor")
    other = signed_in(gateway, "ada@example.org", "theirs")
    assert noor.http.post(f"/api/members/{mara.id}/sign-out").status_code == 403
    assert mara.http.post(f"/api/members/{other.id}/sign-out").status_code == 404
    answer = mara.http.post(f"/api/members/{noor.id}/sign-out")
    assert (answer.status_code, answer.json()) == (200, {"sessions": 1})
    assert noor.http.get("/api/me").status_code == 401
    assert (
        httpx.post(
            f"{gateway.url}/api/auth/refresh", json={"refresh_token": noor.tokens["refresh_token"]}, trust_env=False
        ).status_code
        == 401
    )
    assert (mara.http.get("/api/me").status_code, other.http.get("/api/me").status_code) == (200, 200)
    assert log_in(gateway, noor.email).status_code == 200
    assert gateway.query("SELECT data FROM task_events WHERE type = 'member.signed_out'")[0]["data"]["by"] == mara.email


def test_of_several_people_with_one_address_each_is_found_by_their_password(gateway: Gateway):
    keys = [
        gateway.with_key(new_workspace(gateway.settings, name, ("read", "submit", "approve", "manage"))) for name in "abc"
    ]
    joined = []
    for number, http in enumerate(keys):
        made = http.post("/api/invitations", json={"email": "noor@example.org", "role": "viewer"}).json()
        body = {"token": made["token"], "password": f"seven crows under arch {number}"}
        joined.append(gateway.post("/api/invitations/accept", body, Authorization="").json())
    assert len({one["person_id"] for one in joined}) == 3
    for number, one in enumerate(joined):
        tokens = log_in(gateway, "noor@example.org", f"seven crows under arch {number}").json()
        me = gateway.with_key(tokens["access_token"]).get("/api/me").json()
        assert (me["person"]["id"], me["workspace"]["id"]) == (one["person_id"], one["workspace_id"])
    inside = log_in(gateway, "noor@example.org", "seven crows under arch 0", workspace=joined[1]["workspace_id"])
    assert inside.status_code == 401
