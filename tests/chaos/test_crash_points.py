"""Is an effect done exactly once wherever its attempt is struck? At every write boundary, in every way."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.support import work
from tests.support.ledger import ORPHANS
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(240)]

POINTS = ("claimed", "prepared", "writing", "intended", "called", "settled", "proven", "performed", "recorded")
ACTIONS = ("kill", "raise", "freeze")
CASES = [f"[{point}:{action}]" for point, action in itertools.product(POINTS, ACTIONS)] + ["[intended:pause]"]


@dataclass(frozen=True)
class Aftermath:
    stack: Stack
    tasks: dict[str, UUID]
    struck: set[str]
    arrived: Counter[str]


@pytest.fixture(scope="module")
def aftermath(crash_stack: Stack) -> Aftermath:
    """Every case as one task, on two lanes side by side, until all have ended."""
    texts = [f"strike {number} {case}" for number, case in enumerate(CASES)]
    rows = [
        work.comment(crash_stack, "instagram", text, post=number) if number % 2 else work.dm(crash_stack, "tiktok", text)
        for number, text in enumerate(texts)
    ]
    ids = work.submit(crash_stack, rows)
    wait_for(
        "every struck task is completed",
        lambda: work.statuses(crash_stack, ids) == {"completed": len(ids)},
        seconds=200,
    )
    arrived = Counter(item["text"] for item in crash_stack.truth())
    struck = {note.name for note in (crash_stack.folder / "struck").iterdir()}
    return Aftermath(crash_stack, dict(zip(texts, ids, strict=True)), struck, arrived)


@pytest.mark.parametrize("number", range(len(CASES)), ids=CASES)
def test_a_struck_task_has_its_effect_exactly_once(aftermath: Aftermath, number: int):
    text = f"strike {number} {CASES[number]}"

    assert len(aftermath.struck) == len(CASES), "a crash point was never reached"
    assert aftermath.arrived[text] == 1
    confirmed = aftermath.stack.query(
        "SELECT external_id FROM effects WHERE task_id = %(task)s AND outcome = 'confirmed'", task=aftermath.tasks[text]
    )
    assert len(confirmed) == 1


def test_nothing_stays_open_after_all_strikes(aftermath: Aftermath):
    assert aftermath.stack.query("SELECT id FROM attempts WHERE ended_at IS NULL") == []
    assert aftermath.stack.query("SELECT id FROM effects WHERE outcome IN ('intended', 'unknown')") == []


def test_no_effect_is_left_that_nobody_will_ever_settle(aftermath: Aftermath):
    assert aftermath.stack.query(ORPHANS) == []
