"""From an installation that nobody owns to a team: set-up, invitation, stolen tokens, tries, with a real gateway."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from shared.settings import Settings
from tests.support.stack import Stack, wait_for

MARA = {"email": "mara@example.org", "password": "three herons on a fence"}
NOOR = {"email": "noor@example.org", "password": "seven crows under an arch"}


class House:
    """A gateway in a process of its own, over a database in which nobody is."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.stack = Stack(settings, folder)
        self.token_file = settings.home / "setup-token"
        self.url = f"http://127.0.0.1:{settings.port}"
        self.start()

    def start(self) -> None:
        self.stack.start("gateway", "-m", "api", kind="gateway")
        wait_for("the gateway answers", self._answers)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/livez", trust_env=False, verify=False).is_success
        except httpx.TransportError:
            return False

    def post(self, path: str, body: dict[str, Any] | None = None, token: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.post(f"{self.url}{path}", json=body or {}, headers=headers, timeout=30, trust_env=False, verify=False)

    def get(self, path: str, token: str, **headers: str) -> httpx.Response:
        shown = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(f"{self.url}{path}", headers=shown, timeout=30, trust_env=False, verify=False)

    def offered(self) -> str:
        wait_for("a set-up token is offered", self.token_file.exists)
        return self.token_file.read_text().strip()

    def set_up(self) -> str:
        """Mara owns it; her access token."""
        self.post("/api/setup", MARA | {"token": self.offered(), "workspace": "studio"}).raise_for_status()
        return self.log_in(MARA)["access_token"]

    def log_in(self, who: dict[str, str]) -> dict[str, Any]:
        answer = self.post("/api/auth/login", who)
        answer.raise_for_status()
        tokens: dict[str, Any] = answer.json()
        return tokens


@pytest.fixture
def house(database: Settings, tmp_path: Path) -> Iterator[House]:
    running = House(database, tmp_path / "stack")
    yield running
    running.stack.stop_all()


def test_the_first_owner_comes_in_by_the_token_that_is_in_log_and_home(house: House):
    token = house.offered()
    assert stat.S_IMODE(house.token_file.stat().st_mode) == 0o600
    wait_for("the log has it, too", lambda: token in house.stack.log_of("gateway"))
    body = MARA | {"token": token, "workspace": "studio"}
    assert house.post("/api/setup", body | {"token": f"css_{'x' * 43}"}).status_code == 401
    assert house.post("/api/setup", body | {"password": "password1234"}).json()["code"] == "weak_password"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: house.post("/api/setup", body), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert not house.token_file.exists()
    assert house.stack.query("SELECT count(*) AS n FROM members")[0]["n"] == 1
    assert house.stack.query("SELECT count(*) AS n FROM setup_tokens")[0]["n"] == 0
    me = house.get("/api/me", house.log_in(MARA)["access_token"]).json()
    assert (me["person"]["role"], me["workspace"]["name"]) == ("owner", "studio")


def test_a_gateway_that_starts_again_keeps_its_token_and_offers_none_to_an_installation_with_an_owner(house: House):
    token = house.offered()
    house.stack.stop("gateway")
    house.start()
    said = re.compile(r"setup\.open")
    wait_for("it is said again", lambda: len(said.findall(house.stack.log_of("gateway"))) == 2)
    assert house.offered() == token
    house.set_up()
    house.stack.stop("gateway")
    house.start()
    assert house.log_in(MARA)
    assert len(said.findall(house.stack.log_of("gateway"))) == 2
    assert not house.token_file.exists()


def test_an_invited_person_joins_with_a_password_once_and_another_time_signed_in(house: House):
    mara = house.set_up()
    invited = house.post("/api/invitations", {"email": NOOR["email"], "role": "editor"}, mara).json()
    accepted = house.post("/api/invitations/accept", {"token": invited["token"], "password": NOOR["password"]})
    assert accepted.status_code == 201, accepted.text
    assert accepted.json()["role"] == "editor"
    again = house.post("/api/invitations/accept", {"token": invited["token"], "password": NOOR["password"]})
    assert again.status_code == 401
    noor = house.log_in(NOOR)["access_token"]
    assert house.post("/api/scheduler/task", {"type": "probe", "payload": {"lane": "system"}}, noor).status_code == 201
    assert house.get("/api/keys", noor).status_code == 403

    second = house.post("/api/workspaces", {"name": "second"}, mara).json()["id"]
    headers = {"Authorization": f"Bearer {mara}", "X-Workspace": second}
    body = {"email": NOOR["email"], "role": "viewer"}
    other = httpx.post(f"{house.url}/api/invitations", json=body, headers=headers, trust_env=False, verify=False).json()
    known = house.post("/api/invitations/accept", {"token": other["token"], "password": NOOR["password"]})
    assert known.json()["code"] == "sign_in_first"
    assert house.post("/api/invitations/accept", {"token": other["token"]}, mara).status_code == 403
    assert house.post("/api/invitations/accept", {"token": other["token"]}, noor).status_code == 201
    assert house.get("/api/members", noor).status_code == 422
    assert house.get("/api/members", noor, X_Workspace=second).status_code == 200
    assert [one["role"] for one in house.get("/api/workspaces", noor).json()["items"]] == ["viewer", "editor"]


def test_a_stolen_refresh_token_ends_the_session_for_thief_and_owner(house: House):
    house.set_up()
    first = house.log_in(MARA)
    thief = house.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]}).json()
    further = house.post("/api/auth/refresh", {"refresh_token": thief["refresh_token"]}).json()
    owner = house.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]})
    assert (owner.status_code, owner.json()["code"]) == (401, "token_reused")
    assert house.post("/api/auth/refresh", {"refresh_token": further["refresh_token"]}).status_code == 401
    assert house.get("/api/me", further["access_token"]).status_code == 401


def test_the_eleventh_try_in_a_minute_is_refused_and_told_when_to_come_again(house: House):
    house.set_up()
    tries = [house.post("/api/auth/login", MARA | {"password": "wrong"}) for _ in range(9)]  # one was the owner's own
    assert {answer.status_code for answer in tries} == {401}
    refused = house.post("/api/auth/login", MARA)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json()["code"] == "too_many_tries"


@pytest.mark.parametrize(("trusted", "statuses"), [("127.0.0.1", {401}), ("192.0.2.1", {401, 429})])
def test_only_a_trusted_proxy_says_where_a_try_comes_from(
    database: Settings, tmp_path: Path, trusted: str, statuses: set[int]
):
    house = House(database.model_copy(update={"trusted_proxies": trusted}), tmp_path / "stack")
    try:
        seen = set()
        for n in range(12):
            body = {"email": f"p{n}@example.org", "password": "wrong"}
            headers = {"X-Forwarded-For": f"198.51.100.{n}"}
            seen.add(
                httpx.post(
                    f"{house.url}/api/auth/login", json=body, headers=headers, trust_env=False, verify=False
                ).status_code
            )
        assert seen == statuses
    finally:
        house.stack.stop_all()


def test_no_secret_of_a_person_is_in_log_redis_or_events(house: House):
    mara = house.set_up()
    tokens = house.log_in(MARA)
    house.post("/api/auth/login", MARA | {"password": "a wrong canary 7391"})
    invited = house.post("/api/invitations", {"email": NOOR["email"], "role": "editor"}, mara).json()
    made = house.post("/api/keys", {"name": "k", "scopes": ["read"]}, mara).json()
    ticket = house.post("/api/auth/ticket", {}, mara).json()
    log = house.stack.log_of("gateway") + _in_redis(house) + str(house.stack.query("SELECT data::text FROM task_events"))
    secrets = [tokens["access_token"], tokens["refresh_token"], invited["token"], made["key"], ticket["ticket"]]
    assert not [secret for secret in [*secrets, MARA["password"], "canary 7391"] if secret in log]
    assert "request.answered" in log
    assert "key.created" in str(house.stack.query("SELECT type FROM task_events"))


def _in_redis(house: House) -> str:
    """All that stands in Redis, as text."""
    with Redis.from_url(house.settings.redis_url) as redis:
        return str([(key, redis.dump(key)) for key in redis.scan_iter("*")])
