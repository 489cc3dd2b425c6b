"""Is what stands in an account's way said in one word, the gravest first?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.engine.rules.breaker import Broken
from shared.engine.rules.budgets import Use
from shared.engine.rules.cooldown import Cooldown
from shared.engine.rules.facts import AccountState, Facts, ParkedScope
from shared.engine.rules.health import Health, health_of, tightest
from shared.engine.rules.limits import Rule

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ACCOUNT, OWN, OTHER = UUID(int=7), UUID(int=3), UUID(int=4)
HEALTHY = AccountState("connected", None, None, "local", NOW, None, practice=False)
RESTS = Cooldown("rate_limit", NOW, LATER, 0.5)


def world(state: AccountState = HEALTHY, **more) -> Facts:
    return Facts(now=NOW, accounts={ACCOUNT: state}, **more)


def parked(key: str, gate: str, workspace: UUID = OWN) -> Facts:
    return world(scopes=(ParkedScope(workspace, key, gate, "because", None),))


def broken(workspace: UUID, key: str, opens_at: datetime = LATER) -> Facts:
    return world(breakers={(workspace, key): Broken(5, opens_at)})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (world(), Health("connected")),
        (world(replace(HEALTHY, state="paused", reason="by me")), Health("paused", "by me")),
        (world(replace(HEALTHY, state="paused", reason="by me", until=NOW)), Health("connected")),
        (world(replace(HEALTHY, state="blocked", until=LATER)), Health("blocked", "", LATER)),
        (world(replace(HEALTHY, state="disconnected")), Health("disconnected")),
        (parked("platform:instagram", "system"), Health("paused", "because")),
        (parked("all", "kill"), Health("paused", "because")),
        (parked("platform:tiktok", "system"), Health("connected")),
        (parked("capability:instagram:dm", "connection"), Health("broken", "dm: because")),
        (parked("capability:instagram:dm", "connection", OTHER), Health("connected")),
        (broken(OWN, "instagram:chromium:dm"), Health("broken", "dm: 5 failures in a row", LATER)),
        (broken(OWN, "instagram:chromium:dm", NOW), Health("broken", "dm: 5 failures in a row, the next task tries it")),
        (broken(OTHER, "instagram:chromium:dm"), Health("connected")),
        (broken(OWN, "instagram:api:dm"), Health("connected")),
        (world(replace(HEALTHY, host_seen_at=None)), Health("broken", "the keeper of host local is silent")),
        (world(replace(HEALTHY, cooldown=RESTS)), Health("cooldown", "the account rests after rate limit", LATER)),
        (world(replace(HEALTHY, cooldown=RESTS, state="paused")), Health("paused")),
    ],
)
def test_what_stands_in_its_way_is_said(known: Facts, expected: Health):
    assert health_of(ACCOUNT, "instagram", OWN, known) == expected


def test_the_tightest_budget_is_the_one_with_the_smallest_share_left():
    def use(used: int, most: int) -> Use:
        return Use(Rule("dm", 3600, most), used, most, None)

    assert tightest([]) is None
    assert tightest([use(5, 100), use(3, 5), use(0, 1)]) == use(3, 5)
    assert tightest([use(5, 5), use(0, 0)]) == use(0, 0)
