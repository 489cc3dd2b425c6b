"""Is an instant read as it was meant, or refused?"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter

from api.schemas.instant import Instant, read_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-01T09:00:00Z", datetime(2026, 5, 1, 9, tzinfo=UTC)),
        ("2026-05-01t09:00:00z", datetime(2026, 5, 1, 9, tzinfo=UTC)),
        ("2026-05-01T09:00:00+02:00", datetime(2026, 5, 1, 7, tzinfo=UTC)),
        ("2026-05-01T09:00:00.1234567-00:30", datetime(2026, 5, 1, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("1000-01-01T00:00:00+23:59", datetime(999, 12, 31, 0, 1, tzinfo=UTC)),
        ("9899-12-31T23:59:60-23:59", datetime(9900, 1, 1, 23, 59, tzinfo=UTC)),
    ],
)
def test_an_instant_with_its_offset_is_read(text: str, instant: datetime):
    assert read_instant(text) == instant


@pytest.mark.parametrize(
    "value",
    [
        "2026-05-01T09:00:00",
        "2026-05-01",
        "2026-02-30T09:00:00Z",
        "2026-05-01T24:00:00Z",
        "now",
        "",
        0,
        1.5,
        True,
        [],
        "٢026-05-01T09:00:00Z",
    ],
)
def test_what_is_no_instant_is_refused(value: object):
    with pytest.raises(ValueError, match=r"instant|day|month"):
        read_instant(value)


# From ClickHouse/ClickHouse#113152: an instant near the end of the calendar became an earlier one.
@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("9999-12-31T23:59:59-14:00", "later than what is kept"),
        ("9999-12-31T23:59:60-23:59", "later than what is kept"),
        ("9900-01-01T00:00:00Z", "later than what is kept"),
        ("0999-12-31T23:59:59Z", "earlier than what is kept"),
        ("0001-01-01T00:00:00+23:59", "earlier than what is kept"),
    ],
)
def test_a_far_instant_is_refused_and_never_becomes_another(text: str, word: str):
    with pytest.raises(ValueError, match=word):
        read_instant(text)
    assert re.search(TypeAdapter(Instant).json_schema()["pattern"], text) is None
