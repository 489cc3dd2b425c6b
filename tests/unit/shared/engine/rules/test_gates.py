"""Does each gate open and close for the right reason, and the first closed one in the table's order speak?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from uuid import UUID

import pytest

from connectors.registry import MANIFESTS
from shared.engine.rules.breaker import Broken
from shared.engine.rules.budgets import Use
from shared.engine.rules.cooldown import Cooldown
from shared.engine.rules.dependencies import Dependency
from shared.engine.rules.facts import (
    AccountState,
    Duplicate,
    Facts,
    LaneState,
    ParkedScope,
    Rest,
    ScopeUse,
    TaskFacts,
)
from shared.engine.rules.gates import GATES, ask, first_closed, opens_at
from shared.engine.rules.limits import Limits, Quiet, Rule
from shared.engine.rules.sleep import Asleep

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNT = UUID(int=7)
WORKSPACE = UUID(int=3)
LANE = "chromium.local.instagram"
ACCOUNT_SCOPE = f"account:{ACCOUNT}"
NIGHT = Quiet(clock(21), clock(9), "")

TASK = TaskFacts(
    id=UUID(int=1),
    workspace_id=WORKSPACE,
    type="comment",
    status="pending",
    lane=LANE,
    platform="instagram",
    account_id=ACCOUNT,
    capability="comment",
    outward=True,
    weight=1,
    not_before=None,
    expires_at=None,
    approval_required=False,
    payload_hash="a",
    approved_hash=None,
)
HEALTHY = AccountState(
    state="connected",
    reason=None,
    until=None,
    host="local",
    host_seen_at=NOW,
    stranded_on=None,
    practice=True,
)
WORLD = Facts(now=NOW, accounts={ACCOUNT: HEALTHY}, lanes={LANE: LaneState(LANE, concurrency=1, workers=1, load=0)})


def account(**changes) -> Facts:
    return replace(WORLD, accounts={ACCOUNT: replace(HEALTHY, **changes)})


def parked(key: str, gate: str, opens_at: datetime | None = None, workspace: UUID = WORKSPACE) -> Facts:
    return replace(WORLD, scopes=(ParkedScope(workspace, key, gate, "because", opens_at),))


def lane(**changes) -> Facts:
    return replace(WORLD, lanes={LANE: replace(WORLD.lanes[LANE], **changes)})


def limited(world: Facts) -> Facts:
    """The account has limits of its own, so that its parked scopes are looked at."""
    return replace(world, accounts={ACCOUNT: replace(HEALTHY, limits=((ACCOUNT_SCOPE, MANIFESTS["x"].limits),))})


def broken(opens_at: datetime, *, trial: UUID | None = None, key: str = "instagram:chromium:comment") -> Facts:
    return replace(WORLD, breakers={(WORKSPACE, key): Broken(5, opens_at, trial)})


def counted(use: Use, spaced_until: datetime | None) -> Facts:
    return replace(WORLD, budgets={ACCOUNT: (ScopeUse(ACCOUNT_SCOPE, (use,), spaced_until),)})


def test_a_full_budget_for_one_action_holds_no_other():
    world = limited(parked(f"{ACCOUNT_SCOPE}#dm", "budgets", NOW + timedelta(hours=1)))
    assert first_closed(GATES, TASK, replace(world, accounts=WORLD.accounts)) is None
    assert first_closed(GATES, TASK, counted(Use(Rule("dm", 60, 1), 1, 1, NOW + timedelta(hours=1)), None)) is None


def test_what_does_nothing_outward_has_no_budget_no_quiet_and_no_consent():
    quiet = account(practice=False, limits=((ACCOUNT_SCOPE, Limits(quiet=Quiet(clock(11), clock(13), ""))),))
    assert first_closed(GATES, replace(TASK, outward=False), quiet) is None


def test_an_accepted_rule_lets_the_account_act():
    accepted = account(practice=False, consents=frozenset({MANIFESTS["instagram"].policy["chromium"].rule}))
    assert first_closed(GATES, TASK, accepted) is None


def test_with_nothing_in_the_way_every_gate_is_open():
    assert all(verdict.open for _, verdict in ask(GATES, TASK, WORLD))


@pytest.mark.parametrize(
    ("gate", "task", "world"),
    [
        ("approval", replace(TASK, approval_required=True), WORLD),
        ("approval", replace(TASK, approval_required=True, approved_hash="of an older payload"), WORLD),
        ("system", TASK, parked("all", "kill")),
        ("policy", TASK, account(practice=False)),
        ("policy", TASK, account(practice=False, consents=frozenset({"an older rule"}))),
        ("do_not_contact", replace(TASK, do_not_contact="asked not to be written to"), WORLD),
        ("quiet_hours", TASK, account(limits=((ACCOUNT_SCOPE, Limits(quiet=Quiet(clock(11), clock(13), ""))),))),
        ("quiet_hours", TASK, account(zone="Asia/Tokyo", limits=((ACCOUNT_SCOPE, Limits(quiet=NIGHT)),))),
        ("cooldown", TASK, account(cooldown=Cooldown("rate_limit", NOW, NOW + timedelta(hours=24), 0.5))),
        ("budgets", TASK, limited(parked(f"{ACCOUNT_SCOPE}#comment", "budgets", NOW + timedelta(hours=1)))),
        ("budgets", TASK, limited(parked(f"{ACCOUNT_SCOPE}#*", "budgets", NOW + timedelta(hours=1)))),
        ("budgets", TASK, counted(Use(Rule("comment", 3600, 5), 5, 5, NOW + timedelta(minutes=9)), None)),
        ("spacing", TASK, limited(parked(f"{ACCOUNT_SCOPE}#*", "spacing", NOW + timedelta(minutes=1)))),
        ("spacing", TASK, counted(Use(Rule("comment", 3600, 5), 1, 5, None), NOW + timedelta(minutes=2))),
        ("spacing", replace(TASK, duplicate=Duplicate("the same person", NOW + timedelta(hours=3))), WORLD),
        ("time", replace(TASK, not_before=NOW + timedelta(seconds=1)), WORLD),
        ("time", replace(TASK, expires_at=NOW), WORLD),
        ("dependencies", replace(TASK, dependencies=(Dependency(UUID(int=2), "running"),)), WORLD),
        ("dependencies", replace(TASK, dependencies=(Dependency(UUID(int=2), "failed"),)), WORLD),
        ("system", TASK, replace(WORLD, kill_switch=True)),
        ("system", TASK, parked("all", "system")),
        ("system", TASK, parked(f"lane:{LANE}", "system")),
        ("system", TASK, parked("platform:instagram", "system")),
        ("system", TASK, parked(f"account:{ACCOUNT}", "system", NOW + timedelta(minutes=1))),
        ("system", TASK, replace(WORLD, asleep=Asleep(NOW + timedelta(minutes=1)))),
        ("system", TASK, replace(WORLD, asleep=Asleep(None))),
        ("connection", TASK, broken(NOW + timedelta(minutes=1))),
        ("connection", TASK, broken(NOW, trial=UUID(int=2))),
        ("connection", replace(TASK, status="running"), broken(NOW)),
        ("connection", TASK, replace(WORLD, accounts={})),
        ("connection", TASK, account(state="paused", reason="challenge")),
        ("connection", TASK, account(state="blocked", until=NOW + timedelta(hours=1))),
        ("connection", TASK, parked("capability:instagram:comment", "connection")),
        ("connection", TASK, account(host_seen_at=None)),
        ("connection", TASK, account(host_seen_at=NOW - timedelta(minutes=2))),
        ("connection", TASK, account(stranded_on="vm")),
        ("lane", TASK, lane(workers=0)),
        ("lane", TASK, lane(load=2)),
        ("lane", TASK, lane(rest=Rest("a person uses the Mac", None))),
        ("lane", TASK, lane(rest=Rest("works 09:00-21:00", NOW + timedelta(hours=1)))),
        ("lane", TASK, replace(WORLD, lanes={})),
    ],
)
def test_a_gate_closes_with_a_reason(gate: str, task: TaskFacts, world: Facts):
    closed = first_closed(GATES, task, world)

    assert closed is not None
    assert closed[0].name == gate
    assert closed[1].reason


def test_a_time_that_has_come_is_open():
    assert first_closed(GATES, replace(TASK, not_before=NOW), WORLD) is None


def test_an_approved_payload_is_open():
    assert first_closed(GATES, replace(TASK, approval_required=True, approved_hash="a"), WORLD) is None


def test_the_kill_switch_lets_tasks_run_that_do_nothing_outward():
    assert first_closed(GATES, replace(TASK, outward=False), replace(WORLD, kill_switch=True)) is None


def test_a_block_that_has_passed_is_open():
    assert first_closed(GATES, TASK, account(state="blocked", until=NOW)) is None


def test_a_pause_that_has_passed_is_open():
    assert first_closed(GATES, TASK, parked("all", "system", NOW)) is None


def test_a_lane_that_rests_says_why_and_until_when_and_opens_by_itself():
    closed = first_closed(GATES, TASK, lane(rest=Rest("works 09:00-21:00", NOW + timedelta(hours=1))))[1]
    assert (closed.reason, closed.until, closed.wake_key) == ("works 09:00-21:00", NOW + timedelta(hours=1), None)
    assert first_closed(GATES, TASK, lane(rest=Rest("works 09:00-21:00", NOW))) is None


def test_a_pause_of_another_workspace_holds_nobody_here():
    assert first_closed(GATES, TASK, parked("platform:instagram", "system", workspace=UUID(int=99))) is None


def test_a_task_that_can_never_run_says_so():
    dead = replace(TASK, dependencies=(Dependency(UUID(int=2), "completed"), Dependency(UUID(int=4), "cancelled")))

    assert first_closed(GATES, dead, WORLD)[1].fails_with == "dependency_failed"
    assert first_closed(GATES, replace(TASK, expires_at=NOW), WORLD)[1].fails_with == "expired"


def test_a_task_that_waits_for_some_of_several_says_for_how_many():
    some = tuple(Dependency(UUID(int=number), "running", entry=1, at_least=1) for number in (2, 3, 4))
    gate, verdict = first_closed(GATES, replace(TASK, dependencies=some), WORLD)
    assert (gate.name, verdict.reason) == ("dependencies", "waits for 1 of 3 tasks, of which 0 are completed")
    assert verdict.wake_key == f"task:some:{TASK.id}:1"


def test_a_task_that_comes_after_another_waits_until_so_long_after_its_end():
    after = replace(TASK, dependencies=(Dependency(UUID(int=2), "completed", offset_s=60, finished_at=WORLD.now),))
    gate, verdict = first_closed(GATES, after, WORLD)
    assert (gate.name, verdict.until, verdict.wake_key) == ("dependencies", WORLD.now + timedelta(seconds=60), None)
    long_ago = replace(after.dependencies[0], finished_at=WORLD.now - timedelta(seconds=60))
    assert first_closed(GATES, replace(after, dependencies=(long_ago,)), WORLD) is None


def test_a_task_that_waits_for_another_names_it_as_its_wake_key():
    waits = replace(TASK, dependencies=(Dependency(UUID(int=2), "pending"),))

    assert first_closed(GATES, waits, WORLD)[1].wake_key == f"task:{UUID(int=2)}"


def test_part_of_a_message_fits_where_a_whole_one_does_not():
    nearly_full = lane(load=1.5)

    assert first_closed(GATES, TASK, nearly_full) is not None
    assert first_closed(GATES, replace(TASK, weight=1 / 256), nearly_full) is None


def test_asleep_what_runs_asleep_runs_and_everything_does_once_it_is_time_to_wake():
    asleep = replace(WORLD, asleep=Asleep(NOW + timedelta(minutes=1)))
    assert first_closed(GATES, replace(TASK, runs_asleep=True), asleep) is None
    assert first_closed(GATES, TASK, replace(WORLD, asleep=Asleep(NOW))) is None
    assert first_closed(GATES, TASK, asleep)[1].until == NOW + timedelta(minutes=1)


def test_a_broken_destination_holds_nobody_else_and_no_look_at_what_is_unknown():
    assert first_closed(GATES, TASK, broken(NOW)) is None  # it is the one that tries
    assert first_closed(GATES, replace(TASK, status="running"), broken(NOW, trial=TASK.id)) is None
    later = NOW + timedelta(minutes=1)
    for key in ("instagram:chromium:dm", "instagram:api:comment", "tiktok:chromium:comment"):
        assert first_closed(GATES, TASK, broken(later, key=key)) is None
    assert first_closed(GATES, replace(TASK, status="unknown"), broken(later)) is None


def test_a_line_opens_when_the_last_of_its_closed_gates_does():
    hour, day = NOW + timedelta(hours=1), NOW + timedelta(days=1)
    rests = account(cooldown=Cooldown("rate_limit", NOW, day, 0.5))
    held = replace(rests, scopes=parked("all", "system", hour).scopes)
    assert opens_at(GATES, TASK, WORLD) == NOW
    assert opens_at(GATES, TASK, held) == day
    assert opens_at(GATES, TASK, replace(held, lanes={})) is None  # nobody knows when a worker comes


def test_a_check_runs_although_the_account_may_not_act():
    look = replace(TASK, capability="check", outward=False)
    for world in (account(state="paused", reason="logged out"), account(state="disconnected")):
        verdicts = {gate.name: verdict.open for gate, verdict in ask(GATES, look, world)}
        assert verdicts["connection"]
        assert not {gate.name: verdict.open for gate, verdict in ask(GATES, TASK, world)}["connection"]


def test_equal_texts_wait_for_the_outcome_of_the_first():
    waits = replace(TASK, waits_for_effect=UUID(int=5))
    gate, verdict = first_closed(GATES, waits, WORLD)
    assert (gate.name, verdict.wake_key) == ("spacing", f"effect:{UUID(int=5)}")


def test_what_is_done_is_held_by_no_pause_no_approval_and_no_dependency_that_failed_since():
    waiting = replace(
        TASK,
        approval_required=True,
        expires_at=NOW - timedelta(hours=1),
        dependencies=(Dependency(UUID(int=2), "failed"),),
        capability="comment",
    )
    paused = ParkedScope(WORKSPACE, "all", "system", "paused by a person", None)
    world = replace(WORLD, scopes=(paused,))

    held = {gate.name for gate, verdict in ask(GATES, waiting, world) if not verdict.open}
    assert held >= {"approval", "time", "dependencies", "system"}
    assert first_closed(GATES, replace(waiting, acted=True, outward=False), world) is None

    open_child = Dependency(UUID(int=4), "running", any_end=True)
    film = replace(waiting, acted=True, outward=False, dependencies=(open_child,))
    closed = first_closed(GATES, film, world)
    assert closed is not None
    assert closed[0].name == "dependencies"
