"""Is the state of sleep one line that a person understands?"""

from __future__ import annotations

import pytest

from cli.sleep import describe_sleep


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"state": "awake"}, "It is awake."),
        ({"state": "asleep", "wakes_at": None}, "It sleeps until something is due."),
        ({"state": "asleep", "wakes_at": "2026-05-01T08:55:00Z"}, "It sleeps, and wakes at 2026-05-01 10:55:00 CEST."),
        (
            {"state": "falling_asleep", "in_flight": 2, "due_at": None},
            "It falls asleep when nothing is in flight (now 2) or due soon.",
        ),
        (
            {"state": "falling_asleep", "in_flight": 0, "due_at": "2026-05-01T08:55:00Z"},
            "It falls asleep when nothing is in flight (now 0) or due soon (next at 2026-05-01 10:55:00 CEST).",
        ),
    ],
)
def test_the_state_is_said_in_one_line(answer: dict, expected: str):
    assert describe_sleep(answer, "Europe/Berlin") == expected
