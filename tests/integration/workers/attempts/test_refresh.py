"""Are an account's tokens refreshed by one at a time, and does nothing but the platform's own word end a sign-in?"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from connectors.http.egress import Egress
from connectors.oauth import oauth_clients
from shared.accounts import refresh
from shared.accounts.credential import open_credential
from shared.accounts.oauth import refresh_after
from shared.accounts.refresh import Refresher, refresh_account
from shared.accounts.refresh_due import Refreshed, refresh_due
from shared.db.session import connect
from shared.errors import ActionRequired, NotConfigured, Transient
from tests.integration.api.test_accounts import connect as sign_in
from tests.support.gateway import Gateway, serve
from tests.support.oauth_server import APP, APP_SECRET, Provider, oauth_server
from tests.support.stack import wait_for


@pytest.fixture
def provider(monkeypatch) -> Iterator[Provider]:
    with oauth_server() as running:
        running.connect(monkeypatch)
        yield running


@pytest.fixture
def house(database, provider: Provider) -> Iterator[Gateway]:
    more = {"egress_allowed": "127.0.0.0/8", "oauth_clients": f"oauthland={APP}:{APP_SECRET}"}
    with serve(database.model_copy(update=more)) as running:
        yield running


@pytest.fixture
def account(house: Gateway) -> UUID:
    """An account that is connected by OAuth."""
    return UUID(sign_in(house)["id"])


@pytest.fixture
async def worker(house: Gateway) -> AsyncIterator[Refresher]:
    engine = connect(house.settings, "worker", pool_size=10)
    egress = Egress(house.settings.egress_networks(), call_s=0.5)
    yield Refresher(engine, house.settings.keyring, oauth_clients(house.settings, egress))
    await engine.dispose()


async def tokens(worker: Refresher, account: UUID) -> dict[str, str]:
    found = await open_credential(engine=worker.engine, keyring=worker.keyring(), account=account)
    assert found is not None
    return found.secret


def stands(house: Gateway) -> tuple[str, str | None]:
    shown = house.http.get("/api/accounts/oauthland/studio.nord").json()
    return shown["state"], shown["code"]


def let_time_pass(house: Gateway) -> None:
    """The rest after a failure is over, and what is to be refreshed is due."""
    house.query("UPDATE account_credentials SET tried_at = tried_at - interval '1 hour', refresh_at = now()")


def asked(provider: Provider) -> int:
    """How many requests for tokens reached the platform after the first exchange."""
    return provider.asked["POST /token"] - 1


async def test_trypost_313_twenty_refreshes_at_once_are_one_request_and_all_succeed(house, provider, account, worker):
    before = await tokens(worker, account)
    provider.hold.clear()
    racing = [asyncio.create_task(refresh_account(by=worker, account=account, seen=1)) for _ in range(20)]
    await asyncio.to_thread(wait_for, "one has asked", lambda: asked(provider) == 1)
    provider.hold.set()
    done = await asyncio.gather(*racing)
    assert asked(provider) == 1
    assert {one.version for one in done} == {2}
    assert len({one.secret["access_token"] for one in done}) == 1
    assert provider.owner_of(done[0].secret["access_token"]) == "studio.nord"
    assert done[0].secret["refresh_token"] == provider.grants[0].refresh != before["refresh_token"]
    assert stands(house) == ("connected", None)


async def test_trypost_313_a_loser_takes_what_the_winner_has_stored_and_pauses_nothing(house, provider, account, worker):
    """The claim of the first ends while the platform takes its time; the second is refused, since the first won."""
    first_answered = threading.Event()
    original = Provider.token

    def slow(self: Provider, form: dict[str, str]):
        answer = original(self, form)
        if not first_answered.is_set():
            house.query("UPDATE account_credentials SET claimed_until = now()")
            first_answered.set()
            second_refused.wait(10)
        elif answer[0] == 400:
            second_refused.set()
            first_stored.wait(10)
        return answer

    second_refused, first_stored = threading.Event(), threading.Event()
    slow_worker = Refresher(
        worker.engine,
        worker.keyring,
        oauth_clients(house.settings, Egress(house.settings.egress_networks(), call_s=20)),
    )
    provider.token = slow.__get__(provider)  # type: ignore[method-assign]
    first = asyncio.create_task(refresh_account(by=slow_worker, account=account, seen=1))
    await asyncio.to_thread(first_answered.wait, 10)
    second = asyncio.create_task(refresh_account(by=slow_worker, account=account, seen=1))
    winner = await first
    first_stored.set()
    loser = await second
    assert (winner.version, loser.version) == (2, 2)
    assert loser.secret == winner.secret
    assert asked(provider) == 2
    assert stands(house) == ("connected", None)


@pytest.mark.parametrize("fault", ["500", "503", "429", "reset", "silence", "temporarily_unavailable"])
async def test_postiz_1822_a_fault_of_the_platform_is_no_dead_token(house, provider, account, worker, fault):
    provider.faults.append(fault)
    with pytest.raises(Transient):
        await refresh_account(by=worker, account=account, seen=1)
    assert stands(house) == ("connected", None)
    let_time_pass(house)
    assert await refresh_due(by=worker) == Refreshed(1, 0, 0)
    assert provider.owner_of((await tokens(worker, account))["access_token"]) == "studio.nord"


async def test_postiz_1884_an_answer_without_a_refresh_token_keeps_the_old_one(house, provider, account, worker):
    provider.rotates = False
    before = await tokens(worker, account)
    for version in (1, 2):
        done = await refresh_account(by=worker, account=account, seen=version)
        assert done.secret["refresh_token"] == before["refresh_token"]
    assert done.secret["access_token"] != before["access_token"]


async def test_only_a_dead_token_pauses_the_account_and_the_reason_has_no_token(house, provider, account, worker):
    dead = (await tokens(worker, account))["refresh_token"]
    provider.revoke(dead)
    with pytest.raises(ActionRequired):
        await refresh_account(by=worker, account=account, seen=1)
    shown = house.http.get("/api/accounts/oauthland/studio.nord").json()
    assert (shown["state"], shown["code"]) == ("paused", "sign_in_again")
    assert shown["reason"] == "The platform refused: invalid_grant. Connect the account again."
    assert shown["what_to_do"] == "Connect it again; it keeps its id and its history."
    event = next(house.events(after=0, types="account.paused"))
    assert dead not in str(event)
    again = sign_in(house)
    assert (again["id"], again["state"]) == (str(account), "connected")


async def test_twenty_who_want_a_dead_token_refreshed_ask_once(house, provider, account, worker):
    provider.revoke((await tokens(worker, account))["refresh_token"])
    done = await asyncio.gather(
        *(refresh_account(by=worker, account=account, seen=1) for _ in range(20)), return_exceptions=True
    )
    assert {type(one) for one in done} == {ActionRequired}
    assert asked(provider) == 1


async def test_a_failure_is_shared_and_the_platform_is_left_alone_for_a_while(house, provider, account, worker):
    provider.faults.extend(["500"] * 20)
    done = await asyncio.gather(
        *(refresh_account(by=worker, account=account, seen=1) for _ in range(20)), return_exceptions=True
    )
    assert {type(one) for one in done} == {Transient}
    assert asked(provider) == 1


async def test_an_app_that_the_platform_does_not_know_is_a_setting_and_no_dead_token(house, provider, account, worker):
    provider.faults.append("invalid_client")
    with pytest.raises(NotConfigured, match="CALLSHEET_OAUTH_CLIENTS"):
        await refresh_account(by=worker, account=account, seen=1)
    assert stands(house) == ("connected", None)


async def test_a_refresh_whose_attempt_is_cancelled_is_stored_all_the_same(house, provider, account, worker):
    provider.hold.clear()
    racing = asyncio.create_task(refresh_account(by=worker, account=account, seen=1))
    await asyncio.to_thread(wait_for, "it has asked", lambda: asked(provider) == 1)
    racing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await racing
    provider.hold.set()
    going_on = asyncio.gather(*refresh._going_on)
    await going_on
    assert (await tokens(worker, account))["refresh_token"] == provider.grants[0].refresh


async def test_an_answer_that_was_lost_is_asked_for_again_with_the_old_token(house, provider, account, worker):
    """As after a crash between the platform's answer and our commit; a platform with a grace period gives new ones."""
    provider.grace = 60
    provider.faults.append("answer_lost")
    with pytest.raises(Transient):
        await refresh_account(by=worker, account=account, seen=1)
    let_time_pass(house)
    done = await refresh_account(by=worker, account=account, seen=1)
    assert done.secret["refresh_token"] == provider.grants[0].refresh


async def test_an_answer_that_was_lost_at_a_platform_without_grace_is_said_honestly(house, provider, account, worker):
    provider.faults.append("answer_lost")
    with pytest.raises(Transient):
        await refresh_account(by=worker, account=account, seen=1)
    let_time_pass(house)
    with pytest.raises(ActionRequired, match="An earlier request got no answer that could be stored"):
        await refresh_account(by=worker, account=account, seen=1)


async def test_tokens_are_stored_although_the_database_goes_away_just_then(house, provider, account, worker):
    original = Provider.token

    def and_then(self: Provider, form: dict[str, str]):
        answer = original(self, form)
        house.end_sessions("worker")
        return answer

    provider.token = and_then.__get__(provider)  # type: ignore[method-assign]
    done = await refresh_account(by=worker, account=account, seen=1)
    assert done.secret["refresh_token"] == provider.grants[0].refresh


async def test_an_account_that_is_disconnected_meanwhile_stays_so(house, provider, account, worker):
    provider.hold.clear()
    racing = asyncio.create_task(refresh_account(by=worker, account=account, seen=1))
    await asyncio.to_thread(wait_for, "it has asked", lambda: asked(provider) == 1)
    house.query("DELETE FROM account_credentials")
    provider.hold.set()
    with pytest.raises(ActionRequired, match="disconnected"):
        await racing
    assert house.query("SELECT 1 FROM account_credentials") == []


async def test_the_timetable_refreshes_what_ends_soon_and_nothing_else(house, provider, account, worker):
    assert await refresh_due(by=worker) == Refreshed(0, 0, 0)
    let_time_pass(house)
    assert await refresh_due(by=worker) == Refreshed(1, 0, 0)
    assert await refresh_due(by=worker) == Refreshed(0, 0, 0)
    let_time_pass(house)
    provider.faults.append("500")
    assert await refresh_due(by=worker) == Refreshed(0, 1, 0)
    row = house.query("SELECT refresh_at > now() + interval '50 seconds' AS rests, tries FROM account_credentials")[0]
    assert row == {"rests": True, "tries": 1}


@pytest.mark.parametrize(
    ("life_s", "after_s"), [(7200, 5400), (86_400, 64_800), (5_184_000, 3_888_000), (900, 600), (300, 150), (None, None)]
)
def test_tokens_are_refreshed_a_quarter_of_their_life_ahead(life_s, after_s):
    assert refresh_after(life_s) == (None if after_s is None else timedelta(seconds=after_s))
