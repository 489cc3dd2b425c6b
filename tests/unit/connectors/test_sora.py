"""Are the words of Sora's usage page read as what they say, and as nothing where they say nothing?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sora.mapping import UNREADABLE, read_usage

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


@given(st.integers(0, 9_999_999), st.integers(0, 9_999_999), st.booleans())
def test_what_the_page_writes_is_read_back(free: int, paid: int, commas: bool) -> None:  # noqa: FBT001
    if free + paid > 9_999_999:
        return
    style = "," if commas else ""
    text = f"{free + paid:{style}} video gens left\n{free:{style}} free\n{paid:{style}} paid"

    found = read_usage(text, NOW)

    assert (found.known, found.free, found.paid) == (True, free, paid)


@given(st.text(max_size=200))
def test_any_other_text_is_unreadable_and_never_zero(text: str) -> None:
    found = read_usage(text, NOW)

    assert found.known == (found.free is not None) == (found.paid is not None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Something went wrong.",
        "video gens left",
        "27 video gens left",
        "3 free",
        "27 video gens left, 3 free, 2 paid",
        "2 video gens left, 3 free",
        "1 free 2 free 3 paid",
        "-3 free, 0 paid",
        "99999999 free, 0 paid",
    ],
)
def test_words_that_do_not_fit_together_say_nothing(text: str) -> None:
    assert read_usage(text, NOW) == UNREADABLE


def test_one_missing_number_is_the_difference_of_the_others() -> None:
    assert read_usage("27 video gens left 26 free", NOW).paid == 1
    assert read_usage("1 video gen left 0 paid", NOW).free == 1


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("Nov 21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("November 21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("Nov 20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("Jan 31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("Feb 29", datetime(2028, 2, 29, tzinfo=UTC)),
        ("Feb 31", None),
        ("Foo 1", None),
        ("soon", None),
    ],
)
def test_a_day_without_a_year_is_the_next_of_its_name(day: str, expected: datetime | None) -> None:
    assert read_usage(f"3 free 0 paid\nMore available on {day}", NOW).refreshes_at == expected
