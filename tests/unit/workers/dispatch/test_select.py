"""Which tasks leave first, and what becomes of those that cannot?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

from shared.engine.rules.credits import Ledger, Observation
from shared.engine.rules.dependencies import Dependency
from shared.engine.rules.facts import Facts, LaneState, TaskFacts
from shared.engine.rules.fairness import Turns
from shared.engine.rules.gates import GATES
from workers.dispatch.select import Candidates, choose

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)


def row(number: int, workspace: UUID = FIRST, rank: int = 3):
    return SimpleNamespace(
        id=UUID(int=number), workspace_id=workspace, lane="media", rank=rank, due_at=NOW + timedelta(seconds=number)
    )


def facts(task, **more) -> TaskFacts:
    plain = TaskFacts(
        id=task.id,
        workspace_id=task.workspace_id,
        type="probe",
        status="pending",
        lane=task.lane,
        platform=None,
        account_id=None,
        capability="",
        outward=False,
        weight=1,
        not_before=None,
        expires_at=None,
        approval_required=False,
        payload_hash="a",
        approved_hash=None,
    )
    return replace(plain, **more)


def world(room: int, **more) -> Facts:
    return Facts(now=NOW, lanes={"media": LaneState("media", concurrency=room, workers=1, load=room)}, **more)


def candidates(rows, **more) -> Candidates:
    rows = sorted(rows, key=lambda task: (task.rank, task.due_at, task.id))
    return Candidates(rows, {task.id: facts(task, **more.get(str(task.id.int), {})) for task in rows})


def released(chosen) -> list[int]:
    return [task.id.int for task in chosen.released]


def test_a_lower_rank_leaves_first_whoever_asked_and_room_is_kept_to():
    rows = [row(1), row(2, SECOND, rank=1), row(3, rank=2)]
    assert released(choose(candidates(rows), world(2), GATES, Turns())) == [2, 3]


def test_a_workspace_with_much_waiting_does_not_stand_before_another():
    rows = [row(n) for n in range(1, 50)] + [row(n, SECOND) for n in range(100, 103)]
    assert released(choose(candidates(rows), world(4), GATES, Turns())) == [1, 100, 2, 101]


def test_turns_are_remembered_from_tick_to_tick_and_follow_the_weights():
    turns, got = Turns(), Counter()
    waiting = {FIRST: list(range(1, 400)), SECOND: list(range(1000, 1400))}
    for _ in range(200):
        rows = [row(numbers[0], workspace) for workspace, numbers in waiting.items()]
        (chosen,) = choose(candidates(rows), world(1, weights={SECOND: 3}), GATES, turns).released
        waiting[chosen.workspace_id].pop(0)
        got[chosen.workspace_id] += 1
    assert got == {FIRST: 50, SECOND: 150}


def test_what_waits_for_one_fact_is_parked_put_off_or_failed():
    needed = UUID(int=99)
    rows = [row(1), row(2), row(3), row(4)]
    more = {
        "1": {"dependencies": (Dependency(needed, "running"),)},
        "2": {"not_before": NOW + timedelta(hours=1)},
        "3": {"dependencies": (Dependency(needed, "failed"),)},
    }
    chosen = choose(candidates(rows, **more), world(4), GATES, Turns())
    assert chosen.parked == {UUID(int=1): f"task:{needed}"}
    assert chosen.postponed == {UUID(int=2): NOW + timedelta(hours=1)}
    assert [failed["code"] for failed in chosen.failed] == ["dependency_failed"]
    assert released(chosen) == [4]


ACCOUNT, RUN = UUID(int=7), UUID(int=8)


def left(free: int) -> dict:
    return {"credits": {ACCOUNT: Ledger(Observation(True, free, 0, None, NOW))}}  # noqa: FBT003


def needs(amount: int, **more) -> dict:
    return {"account_id": ACCOUNT, "credits": amount, **more}


def chosen_with_credits(room: int, free: int, **more):
    # Everything but credits and lanes is out of the way: the account itself is another gate's question.
    gates = tuple(gate for gate in GATES if gate.name in {"credits", "lane"})
    rows = [row(int(number)) for number in more]
    return choose(candidates(rows, **more), world(room, **left(free)), gates, Turns())


def test_each_release_leaves_fewer_credits_for_the_next():
    chosen = chosen_with_credits(9, 2, **{"1": needs(1), "2": needs(1), "3": needs(1)})

    assert released(chosen) == [1, 2]
    assert chosen.parked == {UUID(int=3): f"credits:{ACCOUNT}"}


def test_nobody_overtakes_a_task_that_waits_for_credits_but_who_needs_none_does():
    chosen = chosen_with_credits(9, 2, **{"1": needs(3), "2": needs(1), "3": needs(0)})

    assert released(chosen) == [3]
    assert set(chosen.parked) == {UUID(int=1), UUID(int=2)}


def test_the_parts_of_a_run_ask_once_for_all_of_them():
    part = needs(3, run_id=RUN)

    assert released(chosen_with_credits(9, 3, **{"1": part, "2": part, "3": needs(1)})) == [1, 2]
    assert released(chosen_with_credits(9, 2, **{"1": part, "2": part})) == []


def standing_for(count: int, first: int = 1, workspace: UUID = FIRST):
    """A row that stands for so many tasks, with their ids."""
    one = row(first, workspace)
    return one, [str(UUID(int=first + number)) for number in range(count)]


def with_alike(*packs, **more) -> Candidates:
    found = candidates([one for one, _ in packs], **more)
    return replace(found, alike={one.id: ids for one, ids in packs})


def test_of_those_that_one_stands_for_as_many_go_as_there_is_room_for():
    one, ids = standing_for(10)
    chosen = choose(with_alike((one, ids)), world(4), GATES, Turns())
    assert (chosen.released, chosen.alike, chosen.size) == ([one], {one.id: ids[:4]}, 4)


def test_one_that_stands_for_many_uses_up_the_turns_of_all_of_them():
    first, later, other = standing_for(3), standing_for(3, 50), standing_for(2, 100, SECOND)
    chosen = choose(with_alike(first, later, other), world(6), GATES, Turns())
    assert [(task.id.int, len(chosen.alike[task.id])) for task in chosen.released] == [(1, 3), (100, 2), (50, 1)]


def test_what_closes_a_gate_for_one_closes_it_for_all_that_it_stands_for():
    one, ids = standing_for(3)
    later = {"1": {"not_before": NOW + timedelta(hours=1)}}
    chosen = choose(with_alike((one, ids), **later), world(4), GATES, Turns())
    assert chosen.postponed == {UUID(task): NOW + timedelta(hours=1) for task in ids}
    assert (chosen.released, chosen.size) == ([], 0)
