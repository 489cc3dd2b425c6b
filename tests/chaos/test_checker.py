"""Does the checker of chaos find what is planted? Each kind of violation once, and none in a history where all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.checker import KINDS, check
from tests.chaos.history import (
    Arrival,
    Asked,
    AttemptRow,
    EffectRow,
    EventRow,
    History,
    Limit,
    Span,
    TaskRow,
)

ASKED = Asked("a", "keyed", "one", at=100, scheduled_for=110, ids=("A",))
ARRIVAL = Arrival("a", "keyed", "one", at=111, pid=7, external_id="m1")
TASK = TaskRow("A", "a", "completed")
ATTEMPT = AttemptRow(1, "A", "one", "perform", exclusive=True, pid=7, began=110.5, ended=111.5, over_at=111.5)
EFFECT = EffectRow("A", 1, "confirmed", "m1")
EVENT = EventRow("A", "completed", 111.6)
BLIND = Asked("b", "blind", "two", at=100, ids=("B",))
PARKED = TaskRow("B", "b", "unknown", waits_for_person=True)
LIMITS = {("keyed", "one"): Limit(60, 1, 0)}
WELL = History(
    asked=(ASKED, BLIND),
    arrivals=(ARRIVAL, replace(ARRIVAL, repeated=True)),
    tasks=(TASK, PARKED),
    attempts=(ATTEMPT, AttemptRow(2, "B", "two", "perform", exclusive=True, pid=8, began=101, ended=102, over_at=102)),
    effects=(EFFECT, EffectRow("B", 2, "unknown", None)),
    events=(EVENT,),
    limits=LIMITS,
    shown=frozenset({"B"}),
    faults=1,
)
NEXT = replace(ATTEMPT, id=3, began=111, ended=113, over_at=113)
SECOND = (replace(ASKED, marker="c", ids=("C",)), replace(TASK, id="C", marker="c"))
SECOND_ARRIVAL = replace(ARRIVAL, marker="c", at=115, external_id="m2")
SECOND_EFFECT = EffectRow("C", 4, "confirmed", "m2")

PLANTED = {
    "lost": [
        replace(WELL, arrivals=()),
        replace(WELL, tasks=(PARKED,)),
        replace(WELL, tasks=(replace(TASK, status="failed", code="lost"), PARKED)),
        replace(WELL, tasks=(replace(TASK, status="cancelled"), PARKED), limits={}),
    ],
    "twice": [
        replace(WELL, arrivals=(ARRIVAL, replace(ARRIVAL, at=112, external_id="m2"))),
        replace(WELL, tasks=(TASK, replace(TASK, id="A2"), PARKED)),
        replace(WELL, asked=(replace(ASKED, ids=("A", "A2")), BLIND)),
    ],
    "unexpected": [
        replace(WELL, arrivals=(ARRIVAL, replace(ARRIVAL, marker="x"))),
        replace(WELL, tasks=(replace(TASK, status="cancelled"), PARKED)),
    ],
    "early": [
        replace(WELL, arrivals=(replace(ARRIVAL, at=109.9),)),
        replace(WELL, asked=(replace(ASKED, scheduled_for=None, at=112), BLIND)),
    ],
    "over budget": [
        replace(
            WELL,
            asked=(ASKED, SECOND[0], BLIND),
            tasks=(TASK, SECOND[1], PARKED),
            arrivals=(ARRIVAL, SECOND_ARRIVAL),
            effects=(*WELL.effects, SECOND_EFFECT),
            limits={("keyed", "one"): limit},
        )
        for limit in (Limit(60, 1, 0), Limit(60, 5, 10))
    ],
    "overlap": [
        replace(WELL, attempts=(ATTEMPT, NEXT)),
        replace(WELL, attempts=(replace(ATTEMPT, ended=None), replace(NEXT, began=120))),
        # Of one account: the task before it is over, and its process is not known to be dead.
        replace(WELL, attempts=(replace(ATTEMPT, over_at=None), replace(NEXT, task="B", began=112))),
        replace(WELL, attempts=(replace(ATTEMPT, over_at=112.5), replace(NEXT, task="B", began=112))),
    ],
    "stale": [
        replace(WELL, events=(replace(EVENT, at=111.2),)),
        replace(WELL, attempts=(replace(ATTEMPT, ended=110.8), replace(NEXT, began=110.9, pid=9))),
    ],
    "stuck": [
        replace(WELL, tasks=(replace(TASK, status="pending"), PARKED)),
        replace(WELL, tasks=(TASK, replace(PARKED, waits_for_person=False))),
        replace(WELL, effects=(EFFECT, EffectRow("B", 2, "intended", None))),
        replace(WELL, tasks=(TASK, replace(PARKED, status="completed"))),
    ],
    "stalled": [
        replace(
            WELL,
            asked=(*WELL.asked, replace(BLIND, marker="d", at=100.5), replace(BLIND, marker="e", at=100.5)),
            tasks=(*WELL.tasks, replace(PARKED, id="D", marker="d"), replace(PARKED, id="E", marker="e")),
            attempts=(
                *WELL.attempts,
                replace(ATTEMPT, id=5, task="D", account="two", began=101, ended=102, over_at=102),
                replace(ATTEMPT, id=6, task="E", account="two", began=171, ended=172, over_at=172),
            ),
        )
    ],
    "unaccounted": [
        replace(WELL, effects=()),
        replace(WELL, effects=(replace(EFFECT, outcome="absent"),)),
        replace(WELL, effects=(replace(EFFECT, external_id="m9"),)),
    ],
    "unfounded": [
        replace(WELL, arrivals=()),
        replace(WELL, effects=(EFFECT, EffectRow("B", 2, "confirmed", "m8"))),
    ],
    "denied": [
        replace(WELL, tasks=(replace(TASK, status="cancelled"), PARKED)),
        replace(WELL, tasks=(replace(TASK, status="failed", code="lost"), PARKED)),
    ],
    "unknown": [replace(WELL, tasks=(replace(TASK, status="unknown", waits_for_person=True), PARKED))],
    "not shown": [replace(WELL, shown=frozenset())],
    "too many unknown": [replace(WELL, faults=0)],
}
CASES = [(kind, number) for kind, planted in PLANTED.items() for number in range(len(planted))]


def test_a_history_in_which_all_is_well_has_no_violation():
    verdict = check(WELL)

    assert verdict.violations == ()
    assert verdict.counters["attempted"] == 2
    assert verdict.counters["acknowledged"] == 2
    assert verdict.counters["ok"] == 1
    assert verdict.counters["repeated"] == 1


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_a_planted_violation_is_found(kind: str, number: int):
    assert check(PLANTED[kind][number]).count(kind) >= 1


def test_every_kind_is_planted():
    assert set(PLANTED) == set(KINDS)


def test_an_attempt_may_end_in_the_transaction_that_moves_its_task_whichever_comes_first():
    event, attempt = replace(EVENT, at=111.2, written_in="9"), replace(ATTEMPT, written_in="9")

    assert check(replace(WELL, events=(event,), attempts=(attempt, *WELL.attempts[1:]))).violations == ()


def test_what_was_done_in_a_span_that_the_database_has_forgotten_was_done_by_nobody_it_knows():
    other = replace(ARRIVAL, pid=9, at=111.2)
    assert check(replace(WELL, arrivals=(other,))).count("stale") == 1

    forgotten = (Span(copied=105, back=111, resumed=120),)
    assert check(replace(WELL, arrivals=(other,), forgotten=forgotten)).violations == ()


def test_who_looks_for_a_call_may_make_it_again_where_the_platform_takes_our_key():
    first = replace(ATTEMPT, began=110.1, ended=110.2)
    look = replace(ATTEMPT, id=3, kind="verify", exclusive=False, pid=9, began=110.8, ended=111.5)
    again = replace(ARRIVAL, pid=9)
    looked = replace(WELL, arrivals=(again,), attempts=(first, look, *WELL.attempts[1:]))
    assert check(looked).count("stale") == 0

    asked, arrived = replace(ASKED, platform="searchable"), replace(again, platform="searchable")
    assert check(replace(looked, asked=(asked, BLIND), arrivals=(arrived,))).count("stale") == 1


def test_while_everything_is_paused_nothing_stalls():
    late = replace(ASKED, marker="d", ids=("D",), account="three", at=101, scheduled_for=None)
    attempts = (*WELL.attempts, replace(ATTEMPT, id=9, task="D", account="three", began=200, ended=201, over_at=201))
    waited = replace(
        WELL,
        asked=(*WELL.asked, late, replace(late, marker="e", ids=("E",))),
        tasks=(*WELL.tasks, replace(TASK, id="D", marker="d"), replace(TASK, id="E", marker="e")),
        attempts=(*attempts, replace(ATTEMPT, id=10, task="E", account="four", began=102, ended=103, over_at=103)),
    )
    assert check(waited).count("stalled") == 1
    assert check(replace(waited, forgotten=(Span(copied=110, back=170, resumed=180),))).count("stalled") == 0


def test_what_arrives_without_an_acknowledgement_is_recovered_and_no_violation():
    verdict = check(replace(WELL, asked=(replace(ASKED, ids=()), BLIND)))

    assert verdict.counters["recovered"] == 1
    assert verdict.violations == ()
