"""Is a database known that came back from an earlier state?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.engine.rules.continuity import Found, Note, loss

TOKEN = UUID("01a22a6d-0000-7000-8000-000000000001")
NOTE = Note(
    place=UUID("01a22a6d-0000-7000-8000-000000000002"),
    number=7,
    token=TOKEN,
    system_identifier=42,
    timeline="00000001",
    lsn=1000,
    noted_at=datetime(2026, 11, 30, 7, 0, tzinfo=UTC),
)
SAME = Found(system_identifier=42, timeline="00000001", lsn=1000, number=7, token=TOKEN)


@pytest.mark.parametrize(
    "found",
    [SAME, replace(SAME, lsn=5000), replace(SAME, number=8, token=NOTE.place)],
    ids=["nothing happened", "its log is longer", "the file was not written any more"],
)
def test_a_database_that_goes_on_has_lost_nothing(found: Found):
    assert loss(NOTE, found) == ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(SAME, system_identifier=43), "another database cluster"),
        (replace(SAME, timeline="0000000A", lsn=5000), "on timeline 10, and was on 1"),
        (replace(SAME, number=6, token=NOTE.place, lsn=5000), "does not know what was noted"),
        (replace(SAME, number=None, token=None, lsn=5000), "does not know what was noted"),
        (replace(SAME, token=NOTE.place, lsn=5000), "another note"),
        (replace(SAME, lsn=999), "its log ends before"),
    ],
)
def test_a_database_that_came_back_from_an_earlier_state_is_known_by_any_one_sign(found: Found, said: str):
    assert said in loss(NOTE, found)
    assert "2026-11-30 07:00:00 UTC" in loss(NOTE, found)
