"""Does no rolling window ever hold more than its limit, whatever comes when?"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.registry import MANIFESTS
from shared.engine.rules.budgets import (
    OVERDUE,
    Share,
    Used,
    describe_use,
    full,
    longest_window,
    opens_itself_at,
    spaced_until,
    uses,
)
from shared.engine.rules.cooldown import Cooldown
from shared.engine.rules.facts import AccountState
from shared.engine.rules.ledger import counted
from shared.engine.rules.limits import ANY, Limits, Rule, Spacing, default_for, from_json, to_json

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DEADLINE = timedelta(seconds=30)


def effect(number: int, begun: datetime, settled: datetime | None, action: str = "dm") -> Used:
    return Used(action, UUID(int=number), settled, begun + DEADLINE)


wants = st.lists(
    st.tuples(
        st.integers(0, 900),  # seconds until the next one asks
        st.integers(0, 30),  # seconds from its intent until it settles
        st.floats(0, 1),  # where in between the platform counts it
        st.sampled_from(["dm", "comment"]),
    ),
    max_size=60,
)
rules = st.lists(
    st.builds(Rule, action=st.sampled_from(["dm", "comment", ANY]), window_s=st.integers(60, 7200), max=st.integers(0, 6)),
    min_size=1,
    max_size=4,
)


@given(wants=wants, rules=rules, spacing=st.integers(0, 120))
def test_no_window_on_the_platforms_side_ever_holds_more(wants, rules, spacing):
    limits = Limits(tuple(rules), (Spacing(ANY, spacing, spacing),) if spacing else ())
    ledger: list[Used] = []
    arrived: list[tuple[str, datetime]] = []
    now = NOW
    for wait_s, settles_s, share, action in wants:
        now += timedelta(seconds=wait_s)
        known = [one if one.settled_at <= now else replace(one, settled_at=None) for one in ledger]
        if full(uses(limits, known, now), action) or spaced_until(limits, known, action, now):
            continue
        ledger.append(effect(len(ledger), now, now + timedelta(seconds=settles_s), action))
        arrived.append((action, now + timedelta(seconds=settles_s * share)))
    for rule in rules:
        counted = sorted(at for action, at in arrived if rule.action in {ANY, action})
        for end in counted:
            window = [at for at in counted if end - timedelta(seconds=rule.window_s) < at <= end]
            assert len(window) <= rule.max
    both = sorted(at for _, at in arrived)
    assert all(later - earlier >= timedelta(seconds=spacing) for earlier, later in itertools.pairwise(both))


@given(wants=wants, rule=st.builds(Rule, action=st.just(ANY), window_s=st.integers(60, 7200), max=st.integers(1, 6)))
def test_when_there_is_room_again_is_told_exactly(wants, rule):
    now, ledger = NOW, []
    for wait_s, settles_s, _, action in wants:
        now += timedelta(seconds=wait_s)
        ledger.append(effect(len(ledger), now, now + timedelta(seconds=settles_s), action))
    now += timedelta(seconds=30)
    (use,) = uses(Limits((rule,)), ledger, now)
    if use.free_at is None:
        assert use.used < use.max
    else:
        assert uses(Limits((rule,)), ledger, use.free_at)[0].free_at is None
        just_before = use.free_at - timedelta(microseconds=1)
        assert just_before < now or uses(Limits((rule,)), ledger, just_before)[0].free_at is not None


def test_what_is_not_settled_counts_until_its_deadline_and_the_window():
    limits = Limits((Rule("dm", 3600, 1),))
    (use,) = uses(limits, [effect(1, NOW, None)], NOW)
    assert use.free_at == NOW + DEADLINE + timedelta(hours=1)
    later = NOW + timedelta(hours=5)
    assert uses(limits, [effect(1, NOW, None)], later)[0].free_at == later + OVERDUE + timedelta(hours=1)


def test_a_limit_of_zero_lets_nothing_through_and_one_action_holds_no_other():
    found = uses(Limits((Rule("dm", 3600, 0),)), [], NOW)
    use = full(found, "dm")
    assert use is not None
    assert (opens_itself_at(use.free_at), describe_use(use)) == (
        None,
        "a limit of 0 lets no dm actions through until somebody changes it",
    )
    assert full(found, "comment") is None


def test_a_cooldowns_share_makes_the_budget_smaller_and_leaves_one():
    limits = Limits((Rule("dm", 3600, 10),))
    until = NOW + timedelta(days=1)
    assert uses(limits, [], NOW, share=Share(0.25, until))[0].max == 2
    assert uses(limits, [], NOW, share=Share(0.01, until))[0].max == 1


@pytest.mark.parametrize(
    ("used", "minutes"),
    [(1, 20), (2, 20), (3, 60)],
    ids=["room when the share ends", "still room then", "full even without it"],
)
def test_a_smaller_budget_is_free_again_when_the_cooldowns_share_ends(used, minutes):
    limits, share = Limits((Rule("dm", 3600, 3),)), Share(0.34, NOW + timedelta(minutes=20))
    found = uses(limits, [effect(number, NOW, NOW) for number in range(used)], NOW, share=share)[0]
    assert found.free_at == NOW + timedelta(minutes=minutes)


def test_the_pause_after_an_effect_is_drawn_once_and_lies_in_its_range():
    limits = Limits(spacing=(Spacing("dm", 60, 300),))
    ends = {spaced_until(limits, [effect(n, NOW, NOW)], "dm", NOW) for n in range(200)}
    waits = sorted((end - NOW).total_seconds() for end in ends)
    assert waits[0] >= 60
    assert waits[-1] <= 300
    assert waits[-1] - waits[0] > 150
    assert spaced_until(limits, [effect(1, NOW, NOW)], "dm", NOW) == spaced_until(limits, [effect(1, NOW, NOW)], "dm", NOW)


def test_a_full_rule_says_what_is_used():
    ledger = [effect(n, NOW, NOW) for n in range(10)]
    use = full(uses(MANIFESTS["instagram"].limits, ledger, NOW), "dm")
    assert describe_use(use) == "10 of 10 dm actions within 1 h are used"


@pytest.mark.parametrize("platform", [name for name, one in MANIFESTS.items() if one.limits.rules])
def test_limits_are_stored_as_they_were(platform):
    limits = MANIFESTS[platform].limits
    assert from_json(to_json(limits)) == limits
    assert longest_window(limits) >= timedelta(hours=1)


def test_a_practice_account_is_held_by_nothing_that_nobody_has_set():
    assert default_for("account:1", "instagram", practice=True) == Limits()
    assert default_for("persona:1", None, practice=False).rules
    assert default_for("workspace", None, practice=False) == Limits()


def test_one_accounts_rest_makes_nobody_elses_budgets_smaller():
    limits = (("account:1", Limits((Rule("dm", 3600, 4),))), ("persona:1", Limits((Rule("dm", 3600, 4),))))
    rest = Cooldown("rate_limit", NOW - timedelta(hours=1), NOW, 0.5)
    account = AccountState("connected", None, None, None, None, None, practice=False, limits=limits, cooldown=rest)
    assert [scope.uses[0].max for scope in counted(account, {}, "dm", NOW)] == [2, 4]
