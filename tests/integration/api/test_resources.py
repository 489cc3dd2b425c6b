"""Does a person see at once which accounts can act, and what is left of their budgets?"""

from __future__ import annotations

import asyncio
from typing import Any

from connectors.contract.session import LocatorDrift
from shared.accounts.acting import ActingAccount
from shared.accounts.observe_health import Seen, observe_health
from shared.db.session import connect
from shared.engine.rules.retry import PauseCapability
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.errors import UiChanged
from shared.task_types.comment import SPEC
from tests.support.claimed import claimed_account, claimed_task
from tests.support.gateway import Gateway, new_workspace
from workers.attempts import ending
from workers.attempts.locator_drift import note_drift


def item(gateway: Gateway, platform: str) -> dict:
    found = gateway.http.get("/api/resources/platforms").json()["items"]
    return next(one for one in found if one["platform"] == platform)


def test_every_account_is_listed_with_its_state_and_its_tightest_budget(gateway: Gateway):
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    gateway.query("UPDATE accounts SET practice = false WHERE platform = 'tiktok'")
    found = gateway.http.get("/api/resources/platforms").json()["items"]

    assert [(one["platform"], one["account"], one["state"]) for one in found] == [
        ("instagram", "demo", "connected"),
        ("sora", "demo", "connected"),
        ("tiktok", "demo", "connected"),
    ]
    assert [(one["used"], one["max"]) for one in found[:2]] == [(None, None), (None, None)]
    assert found[2]["used"] == 0
    assert found[2]["max"] > 0


def test_what_stands_in_an_accounts_way_is_said(gateway: Gateway):
    assert item(gateway, "instagram")["reason"] == "the keeper of host local is silent"
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    gateway.query(
        "INSERT INTO breakers (workspace_id, key, failures, opened, opens_at)"
        " VALUES (%(id)s, 'instagram:chromium:dm', 5, 1, now() + interval '1 minute')",
        id=gateway.workspace_id,
    )
    found = item(gateway, "instagram")
    assert (found["state"], found["reason"]) == ("broken", "dm: 5 failures in a row")
    assert found["until"] is not None
    gateway.post("/api/accounts/instagram/demo/pause")
    assert item(gateway, "instagram")["state"] == "paused"
    assert item(gateway, "tiktok")["state"] == "connected"


def test_nobody_sees_anothers_accounts(gateway: Gateway):
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
    assert theirs.get("/api/resources/platforms").json() == {"items": []}


def as_worker(gateway: Gateway, *works: Any) -> None:
    """Do this as a worker does, with its engine."""

    async def run() -> None:
        engine = connect(gateway.settings, "worker", pool_size=1)
        try:
            for work in works:
                await work(engine)
        finally:
            await engine.dispose()

    asyncio.run(run())


def attempt(gateway: Gateway, number: int) -> ClaimedTask:
    [account] = gateway.query("SELECT * FROM accounts WHERE platform = 'instagram'")
    return claimed_task(account=claimed_account(account), attempt_id=number)


def test_what_drifts_is_one_row_with_since_when_and_how_often_until_its_first_way_finds_it(gateway: Gateway):
    def found(*drift: LocatorDrift) -> Any:
        by_name = {one.locator: one for one in drift}
        return lambda engine: note_drift(engine, attempt(gateway, 1).account, by_name)

    as_worker(
        gateway,
        found(LocatorDrift("submit", 2, 4), LocatorDrift("composer", 2, 2)),
        found(),
        found(LocatorDrift("submit", 3, 4)),
    )
    drifting = gateway.http.get("/api/resources/pages").json()["drifting"]
    assert [(one["locator"], one["way"], one["ways"], one["times"], one["practice"]) for one in drifting] == [
        ("composer", 2, 2, 1, True),
        ("submit", 3, 4, 2, True),
    ]
    assert drifting[1]["since"] < drifting[1]["last_seen_at"]

    acting = attempt(gateway, 1).acting
    account = ActingAccount(acting.id, acting.workspace_id, acting.platform, acting.handle)
    seen = Seen(ok=True, signed_in_as="demo", found=["composer"], missing=[], not_seen=[], message="")
    usual = frozenset({"composer"})
    as_worker(gateway, lambda e: observe_health(engine=e, account=account, seen=seen, code="", as_usual=usual))
    assert [one["locator"] for one in gateway.http.get("/api/resources/pages").json()["drifting"]] == ["submit"]


def test_what_a_changed_page_has_paused_shows_where_its_evidence_lies(gateway: Gateway):
    changed = UiChanged(message="not found", locator="composer", evidence={"html": "<p>", "address": "http://127.0.0.1/"})
    as_worker(
        gateway,
        *(
            lambda e, n=n: ending.pause(e, gateway.settings, attempt(gateway, n), SPEC, changed, PauseCapability())
            for n in (7, 8)
        ),
    )
    [paused] = gateway.http.get("/api/resources/pages").json()["paused"]
    assert (paused["platform"], paused["capability"], paused["locator"]) == ("instagram", "comment", "composer")
    assert (paused["evidence"]["host"], paused["evidence"]["folder"]) == ("local", "evidence/8")
    assert (gateway.settings.home / "evidence" / "8" / "page.html").read_text() == "<p>"
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read",)))
    assert theirs.get("/api/resources/pages").json() == {"paused": [], "drifting": []}
    gateway.post("/api/scheduler/resume", {"scope": "platform:instagram"})
    assert gateway.http.get("/api/resources/pages").json()["paused"] == []


def test_a_disk_that_is_full_pauses_the_capability_all_the_same(gateway: Gateway):
    (gateway.settings.home / "evidence").write_text("no folder")
    changed = UiChanged(message="not found", locator="composer")
    as_worker(gateway, lambda e: ending.pause(e, gateway.settings, attempt(gateway, 7), SPEC, changed, PauseCapability()))
    [paused] = gateway.http.get("/api/resources/pages").json()["paused"]
    assert (paused["reason"], paused["evidence"]) == ("the page has changed: composer", None)
