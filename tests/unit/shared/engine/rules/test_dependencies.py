"""Is it known of everything that a task waits for if it holds, can still hold, or never will?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.rules.dependencies import Dependency, entries_in, latest_end, waits_for, why_in_vain
from shared.status import STATUSES, Status

TASK = UUID(int=99)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def some(at_least: int, *statuses: Status, entry: int = 1) -> tuple[Dependency, ...]:
    return tuple(
        Dependency(UUID(int=number), status, entry=entry, at_least=at_least) for number, status in enumerate(statuses, 1)
    )


@pytest.mark.parametrize(
    ("needed", "says"),
    [
        (some(1, "pending", "running", "failed"), "waits for 1 of 3 tasks, of which 0 are completed"),
        (some(2, "completed", "unknown", "cancelled"), "waits for 2 of 3 tasks, of which 1 are completed"),
        (some(1, "failed", "completed", "failed"), ""),
        (some(2, "completed", "completed", "running"), ""),
        ((Dependency(UUID(int=1), "unknown", any_end=True),), f"waits for task {UUID(int=1)}, which is unknown"),
        ((Dependency(UUID(int=1), "failed", any_end=True),), ""),
    ],
)
def test_what_is_waited_for_is_said(needed: tuple[Dependency, ...], says: str):
    assert why_in_vain(needed) is None
    assert next((reason for reason, _ in waits_for(TASK, needed)), "") == says


@pytest.mark.parametrize(
    "needed",
    [
        some(1, "failed", "cancelled"),
        some(2, "completed", "failed", "failed"),
        (Dependency(UUID(int=1), "cancelled"),),
        (*some(1, "completed", "failed"), *some(2, "failed", "running", entry=2)),
    ],
)
def test_what_can_never_hold_is_known_at_once(needed: tuple[Dependency, ...]):
    assert why_in_vain(needed) is not None


def test_each_entry_is_waited_for_by_a_key_of_its_own():
    needed = (*some(1, "completed", "running"), *some(1, "pending", "running", entry=2))
    assert [key for _, key in waits_for(TASK, needed)] == [f"task:some:{TASK}:2"]


@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6), st.integers(1, 6))
def test_an_entry_holds_waits_or_is_in_vain_and_never_two_of_them(statuses: list[Status], least: int):
    needed = some(min(least, len(statuses)), *statuses)
    (entry,) = entries_in(needed)
    holds = entry.completed >= entry.at_least
    waits = bool(list(waits_for(TASK, needed)))
    assert [holds, waits, why_in_vain(needed) is not None].count(True) == 1
    if not set(statuses) - {"completed", "failed", "cancelled"}:
        assert not waits


def test_of_several_ends_the_latest_counts():
    ends = [
        Dependency(UUID(int=1), "completed", offset_s=60, finished_at=NOW),
        Dependency(UUID(int=2), "completed", offset_s=10, finished_at=NOW + timedelta(seconds=70)),
        Dependency(UUID(int=3), "running", offset_s=500),
    ]
    last = latest_end(ends)
    assert last is not None
    assert (last.task_id, last.until) == (UUID(int=2), NOW + timedelta(seconds=80))
    assert latest_end(ends[2:]) is None
