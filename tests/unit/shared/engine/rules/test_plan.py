"""Does a forecast keep every rule that the dispatcher keeps, and say why where it cannot know?"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine.rules.credits import Ledger, Observation
from shared.engine.rules.dependencies import Dependency
from shared.engine.rules.facts import AccountState, Facts, LaneState, ParkedScope, Rest, TaskFacts
from shared.engine.rules.limits import ANY, Limits, Quiet, Rule, Spacing
from shared.engine.rules.plan import Waiting, plan

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(days=2)
SPACE = UUID(int=3)
ACCOUNTS = [UUID(int=100), UUID(int=101)]
PERSONA = "persona:1"
LIMITS = Limits((Rule(ANY, 3600, 3), Rule("dm", 86_400, 5)), (Spacing(ANY, 60, 60),), Quiet(clock(21), clock(9), "UTC"))


def task(number: int, account: UUID | None, kind: str = "comment", **more) -> TaskFacts:
    plain = TaskFacts(
        id=UUID(int=number),
        workspace_id=SPACE,
        type=kind,
        status="pending",
        lane="system" if account is None else f"chromium.local.{account.int}",
        platform=None if account is None else "instagram",
        account_id=account,
        capability=kind if account else "",
        outward=account is not None,
        weight=1,
        not_before=None,
        expires_at=None,
        approval_required=False,
        payload_hash="a",
        approved_hash=None,
    )
    return replace(plain, **more)


def waits(facts: TaskFacts, rank: int = 3, due_s: int = 0, takes_s: float = 10) -> Waiting:
    return Waiting(facts, rank, NOW + timedelta(seconds=due_s), takes_s)


def world(limits: Limits = LIMITS, **more) -> Facts:
    state = AccountState("connected", None, None, "local", NOW, None, practice=True, limits=((PERSONA, limits),))
    names = ["system", *(f"chromium.local.{account.int}" for account in ACCOUNTS)]
    lanes = {name: LaneState(name, concurrency=1, workers=1, load=0) for name in names}
    return Facts(now=NOW, accounts=dict.fromkeys(ACCOUNTS, state), lanes=lanes, **more)


def empty_ledger() -> dict:
    return {account: {PERSONA: []} for account in ACCOUNTS}


jobs = st.lists(
    st.tuples(
        st.sampled_from([None, *ACCOUNTS]),
        st.sampled_from(["comment", "dm"]),
        st.integers(1, 5),  # rank
        st.integers(0, 7200),  # not before, in seconds from now
        st.integers(1, 900),  # how long it takes
        st.integers(0, 10),  # waits for the task so many places before it; 0: for none
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(jobs=jobs)
def test_a_plan_keeps_times_lanes_order_quiet_and_budgets(jobs):
    waiting = []
    for number, (account, kind, rank, later_s, takes_s, back) in enumerate(jobs):
        needs = (Dependency(UUID(int=number - back), "pending"),) if 0 < back <= number else ()
        later = NOW + timedelta(seconds=later_s) if later_s else None
        waiting.append(waits(task(number, account, kind, not_before=later, dependencies=needs), rank, takes_s=takes_s))
    planned = {one.task: one for one in plan(waiting, world(), empty_ledger(), UNTIL)}
    assert planned.keys() == {one.facts.id for one in waiting}
    started = [one for one in waiting if planned[one.facts.id].starts_at is not None]
    for one in started:
        starts = planned[one.facts.id].starts_at
        assert starts >= (one.facts.not_before or NOW)
        for needed in one.facts.dependencies:
            assert planned[needed.task_id].ends_at <= starts
        if one.facts.outward:
            assert clock(9) <= starts.time() < clock(21)
    for lane in {one.facts.lane for one in started}:
        mine = sorted((planned[o.facts.id].starts_at, planned[o.facts.id].ends_at) for o in started if o.facts.lane == lane)
        assert all(ends <= begins for (_, ends), (begins, _) in itertools.pairwise(mine))
    acts = sorted(planned[one.facts.id].starts_at for one in started if one.facts.outward)
    for begins in acts:
        assert sum(begins - timedelta(hours=1) < other <= begins for other in acts) <= 3
    assert plan(waiting, world(), empty_ledger(), UNTIL) == plan(waiting, world(), empty_ledger(), UNTIL)


def test_some_of_several_start_with_the_end_of_the_last_that_is_needed():
    lanes = {"system": LaneState("system", concurrency=3, workers=3, load=0)}
    some = tuple(Dependency(UUID(int=number), "pending", entry=1, at_least=2) for number in (1, 2, 3))
    before = [waits(task(number, None), takes_s=number * 60) for number in (1, 2, 3)]
    planned = plan([*before, waits(task(9, None, dependencies=some), rank=1)], replace(world(), lanes=lanes), {}, UNTIL)
    assert {one.task.int: one.starts_at for one in planned}[9] == NOW + timedelta(minutes=2)


def test_what_comes_after_a_task_starts_so_long_after_its_end():
    after = (Dependency(UUID(int=1), "pending", offset_s=3600),)
    planned = plan([waits(task(1, None), takes_s=60), waits(task(2, None, dependencies=after), rank=1)], world(), {}, UNTIL)
    assert {one.task.int: one.starts_at for one in planned}[2] == NOW + timedelta(seconds=3660)


def test_what_nobody_can_know_has_no_start_but_a_reason():
    lonely = replace(world(), lanes={"system": LaneState("system", 1, 0, 0)})
    (planned,) = plan([waits(task(1, None))], lonely, {}, UNTIL)
    assert (planned.starts_at, planned.reason) == (None, "no worker for system")
    paused = world(scopes=(ParkedScope(SPACE, "all", "system", "paused by somebody", None),))
    assert plan([waits(task(1, None))], paused, {}, UNTIL)[0].reason == "paused by somebody"
    late = task(1, None, not_before=UNTIL + timedelta(hours=1))
    assert plan([waits(late)], world(), {}, UNTIL)[0].reason == "beyond the horizon"


def test_a_pause_with_an_end_moves_the_start_to_it():
    ends = NOW + timedelta(hours=2)
    paused = world(scopes=(ParkedScope(SPACE, "all", "system", "maintenance", ends),))
    assert plan([waits(task(1, None))], paused, {}, UNTIL)[0].starts_at == ends


def test_a_lane_that_rests_starts_when_it_opens_and_for_a_person_nobody_knows():
    ends = NOW + timedelta(hours=2)

    def planned(rest: Rest):
        lane = LaneState("system", concurrency=1, workers=1, load=0, rest=rest)
        return plan([waits(task(1, None))], replace(world(), lanes={"system": lane}), {}, UNTIL)[0]

    assert planned(Rest("works 09:00-21:00", ends)).starts_at == ends
    person = planned(Rest("a person uses the Mac", None))
    assert (person.starts_at, person.reason) == (None, "a person uses the Mac")


def test_what_is_on_the_lane_already_is_waited_for():
    busy = replace(world(), lanes={"system": LaneState("system", concurrency=1, workers=1, load=2)})
    (planned,) = plan([waits(task(1, None), takes_s=30)], busy, {}, UNTIL)
    assert planned.starts_at == NOW + timedelta(seconds=60)


def test_a_thousand_tasks_are_planned_and_a_plan_ends_by_itself():
    waiting = [waits(task(number, None), takes_s=1) for number in range(1000)]
    planned = plan(waiting, world(), {}, UNTIL)
    assert [one.starts_at for one in planned] == [NOW + timedelta(seconds=number) for number in range(1000)]


def test_credits_that_one_task_gets_are_gone_for_the_next():
    account = ACCOUNTS[0]
    seen = Ledger(Observation(True, 4, 0, None, NOW))  # noqa: FBT003
    needs = {"outward": False, "kind": "video"}
    run = [task(number, account, credits=3, run_id=UUID(int=50), **needs) for number in (1, 2, 3)]
    others = [task(number, account, credits=1, **needs) for number in (4, 5)]

    found = plan([waits(one) for one in (*run, *others)], world(credits={account: seen}), empty_ledger(), UNTIL)

    assert [one.task.int for one in found if one.starts_at is not None] == [1, 2, 3, 4]
    assert found[-1].reason == "needs 1 credits, has 0"


def test_a_head_that_waits_for_something_of_its_own_steps_aside_and_comes_when_that_is_done():
    for_ever = task(1, None, dependencies=(Dependency(UUID(int=99), "running"),))
    for_the_last = task(2, None, dependencies=(Dependency(UUID(int=4), "pending"),))
    later = task(3, None, not_before=NOW + timedelta(seconds=15))
    ready = task(4, None)

    planned = {
        one.task.int: one for one in plan([waits(one) for one in (for_ever, for_the_last, later, ready)], world(), {}, UNTIL)
    }

    starts = {number: one.starts_at and (one.starts_at - NOW).total_seconds() for number, one in planned.items()}
    assert starts == {4: 0, 2: 10, 3: 20, 1: None}
    assert planned[1].reason == f"waits for task {UUID(int=99)}, which is running"
