"""What does an attempt do when the platform says that the sign-in has ended? It refreshes once, then the account pauses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.contract.manifest import Capability
from connectors.http.check import SignInCheck
from connectors.registry import MANIFESTS
from shared.errors import AuthExpired
from tests.integration.api.test_accounts import connect as sign_in
from tests.support.acting import Calling
from tests.support.gateway import Gateway, serve
from tests.support.oauth_server import APP, APP_SECRET, Provider, oauth_server
from tests.support.worker import work_on, worker
from workers.attempts import outward_step, readings


class Api:
    """A session over an API that takes good tokens only."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.shown: list[dict[str, str]] = []

    def session(self, account):
        self.shown.append(account.credentials)
        return self

    async def __aenter__(self):
        if self.provider.owner_of(self.shown[-1]["access_token"]) is None:
            raise AuthExpired(message="The token has ended.")
        return self

    async def __aexit__(self, *how):
        return None

    def browser_of(self, account_id):
        return None


@pytest.fixture
def provider(monkeypatch) -> Iterator[Provider]:
    with oauth_server() as running:
        can = Capability("comment", "api", 10, "the test's own", max_text=100, verification="searchable")
        check = Capability("check", "api", 10, "the test's own", kind="reading")
        manifest = running.manifest()
        object.__setattr__(manifest, "capabilities", (can, check))
        running.connect(monkeypatch, manifest)
        yield running


@pytest.fixture
def house(database, provider: Provider) -> Iterator[Gateway]:
    more = {"egress_allowed": "127.0.0.0/8", "oauth_clients": f"oauthland={APP}:{APP_SECRET}"}
    with serve(database.model_copy(update=more)) as running:
        sign_in(running)
        yield running


@pytest.fixture
def calling(monkeypatch) -> Calling:
    action = Calling()
    monkeypatch.setattr(outward_step, "load_action", lambda *_: action)
    return action


def submit(house: Gateway, provider: Provider) -> dict:
    payload = {"post_url": f"{provider.url}/posts/1", "text": "What a light."}
    return house.submit({"type": "comment", "platform": "oauthland", "account": "studio.nord", "payload": payload})


def run(house: Gateway, api: Api, task: dict) -> str:
    with worker(house) as process:
        process.sessions["api"] = api
        return work_on(house, process, task["id"])


def refreshes(provider: Provider) -> int:
    return provider.asked["POST /token"] - 1


def state(house: Gateway) -> tuple[str, str | None]:
    shown = house.http.get("/api/accounts/oauthland/studio.nord").json()
    return shown["state"], shown["code"]


def test_a_token_that_is_good_is_used_as_it_is(house, provider, calling):
    assert run(house, Api(provider), submit(house, provider)) == "completed"
    assert (calling.calls, refreshes(provider)) == (1, 0)


def test_a_token_that_the_platform_refuses_is_refreshed_once_and_the_step_is_done_once(house, provider, calling):
    provider.grants[0].access.clear()
    assert run(house, Api(provider), submit(house, provider)) == "completed"
    assert (calling.calls, refreshes(provider), state(house)) == (1, 1, ("connected", None))


def test_a_token_that_has_ended_is_refreshed_before_it_is_shown(house, provider, calling):
    house.query("UPDATE account_credentials SET expires_at = now()")
    api = Api(provider)
    assert run(house, api, submit(house, provider)) == "completed"
    assert (len(api.shown), calling.calls, refreshes(provider)) == (1, 1, 1)


def test_a_fresh_token_that_is_refused_too_pauses_the_account_and_the_task_waits(house, provider, calling, monkeypatch):
    monkeypatch.setattr(Provider, "owner_of", lambda *_: None)
    assert run(house, Api(provider), submit(house, provider)) == "pending"
    assert (calling.calls, refreshes(provider), state(house)) == (0, 1, ("paused", "auth_expired"))


@pytest.fixture
def refused(calling, monkeypatch) -> list[int]:
    """Calls that the platform refuses for their token, as long as one is in this list."""
    left, made = [1], calling.commit

    async def commit(*asked):
        if left:
            left.pop()
            raise AuthExpired(message="401")
        return await made(*asked)

    monkeypatch.setattr(calling, "commit", commit)
    return left


def outcomes(house: Gateway) -> list[str]:
    return [row["outcome"] for row in house.query("SELECT outcome FROM effects ORDER BY id")]


def test_a_call_that_is_refused_for_its_token_is_made_once_with_a_fresh_one(house, provider, calling, refused):
    house.query("UPDATE accounts SET practice = true")
    assert run(house, Api(provider), submit(house, provider)) == "completed"
    assert (calling.calls, refreshes(provider), state(house)) == (1, 1, ("connected", None))
    assert outcomes(house) == ["refused", "confirmed"]


def test_a_call_that_is_refused_with_a_fresh_token_too_pauses_the_account(house, provider, calling, refused):
    house.query("UPDATE accounts SET practice = true")
    refused.append(2)
    assert run(house, Api(provider), submit(house, provider)) == "pending"
    assert (calling.calls, refreshes(provider), state(house)) == (0, 1, ("paused", "auth_expired"))
    assert outcomes(house) == ["refused", "refused"]


def test_a_pause_between_two_refused_calls_does_not_have_the_token_refreshed_for_ever(house, provider, calling, refused):
    task = submit(house, provider)
    with worker(house) as process:
        process.sessions["api"] = Api(provider)
        assert work_on(house, process, task["id"]) == "pending"
        assert (refreshes(provider), state(house)) == (1, ("connected", None))
        house.query("UPDATE effects SET intended_at = now() - interval '1 day', settled_at = now() - interval '1 day'")
        house.query("DELETE FROM scopes")
        refused.append(2)
        assert work_on(house, process, task["id"]) == "pending"
    assert (calling.calls, refreshes(provider), state(house)) == (0, 1, ("paused", "auth_expired"))


def test_a_dead_sign_in_pauses_the_account_and_says_what_to_do(house, provider, calling):
    provider.revoke(provider.grants[0].refresh)
    assert run(house, Api(provider), submit(house, provider)) == "pending"
    assert state(house) == ("paused", "sign_in_again")


def test_a_platform_that_does_not_answer_leaves_the_account_connected_and_the_task_is_tried_again(house, provider, calling):
    provider.grants[0].access.clear()
    provider.faults.append("500")
    task = submit(house, provider)
    assert run(house, Api(provider), task) == "scheduled"
    assert state(house) == ("connected", None)
    assert house.http.get(f"/api/scheduler/task/{task['id']}").json()["error"]["code"] == "provider_fault"


@pytest.fixture
def checking(monkeypatch) -> None:
    """The check of an API account, as a connector's `actions.py` names it."""
    monkeypatch.setattr(readings, "load_reader", lambda *_: SignInCheck(MANIFESTS["oauthland"].oauth))


def check(house: Gateway) -> str:
    task = house.post("/api/accounts/oauthland/studio.nord/check").json()
    with worker(house) as process:
        return work_on(house, process, task["id"])


def health(house: Gateway) -> dict:
    return house.http.get("/api/accounts/oauthland/studio.nord").json()["health"]


def test_a_check_over_an_api_asks_the_platform_whose_token_it_is(house, provider, checking):
    assert check(house) == "completed"
    assert (health(house)["ok"], health(house)["signed_in_as"]) == (True, "studio.nord")
    assert next(house.events(after=0, types="account.checked"))["data"]["ok"] is True


def test_a_check_with_a_token_that_has_ended_refreshes_it(house, provider, checking):
    provider.grants[0].access.clear()
    assert check(house) == "completed"
    assert (health(house)["ok"], refreshes(provider)) == (True, 1)


def test_a_token_of_somebody_else_pauses_the_account_and_the_right_one_opens_it_again(house, provider, checking):
    provider.grants[0].handle = "somebody"
    assert check(house) == "completed"
    assert (health(house)["ok"], state(house)) == (False, ("paused", "wrong_account"))
    provider.grants[0].handle = "studio.nord"
    assert check(house) == "completed"
    assert (health(house)["ok"], state(house)) == (True, ("connected", None))


def test_a_good_check_does_not_resume_what_a_person_has_paused(house, provider, checking):
    house.post("/api/accounts/oauthland/studio.nord/pause")
    assert check(house) == "completed"
    assert (health(house)["ok"], state(house)) == (True, ("paused", "paused_by_person"))


def test_no_task_row_event_or_answer_holds_a_credential(house, provider, calling, capfd):
    provider.grants[0].access.clear()
    run(house, Api(provider), submit(house, provider))
    provider.faults.append("500")
    house.query("UPDATE account_credentials SET expires_at = now()")
    run(house, Api(provider), submit(house, provider))
    for table in ("tasks", "task_events", "attempts", "effects", "accounts", "oauth_requests", "account_credentials"):
        assert "canary" not in "".join(row["text"] for row in house.query(f"SELECT {table}::text AS text FROM {table}"))
    for address in ("/api/accounts", "/api/scheduler/queue", "/api/effects", "/metrics", "/api/resources/platforms"):
        assert "canary" not in house.http.get(address).text
    printed = capfd.readouterr()
    assert "account.refreshed" in printed.out + printed.err
    assert "canary" not in printed.out + printed.err
