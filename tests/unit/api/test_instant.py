"""Is an instant read as it was meant, or refused?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.schemas.instant import EARLIEST, LATEST, read_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-01T09:00:00Z", datetime(2026, 5, 1, 9, tzinfo=UTC)),
        ("2026-05-01t09:00:00z", datetime(2026, 5, 1, 9, tzinfo=UTC)),
        ("2026-05-01T09:00:00+02:00", datetime(2026, 5, 1, 7, tzinfo=UTC)),
        ("2026-05-01T09:00:00.1234567-00:30", datetime(2026, 5, 1, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+23:59", EARLIEST),
        ("9999-12-31T23:59:60-23:59", LATEST),
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
