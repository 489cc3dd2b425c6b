"""Is a number what the page says, or unknown, and never another one?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.browser.pages.numbers import count_in


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("1,234 likes", 1234),
        ("12.3K", 12_300),
        ("2M views", 2_000_000),
        ("0", 0),
        ("7.", 7),
        ("Gefällt 1.234 Mal", 1234),
        ("12 Mal", 12),
        ("1.234 Me gusta", 1234),
        ("12,3 Tsd.", 12_300),
        ("1,25 mil", 1250),
        ("1,234.5K", 1_234_500),
        ("2 Mio. Aufrufe", 2_000_000),
        ("1.234.567", 1_234_567),
        ("1,2 Mrd.", 1_200_000_000),
        ("1,2 Mrd. Aufrufe", 1_200_000_000),
        ("1.5 mil millones", 1_500_000_000),
        ("1,5 mil M de vistas", 1_500_000_000),
        ("3.17 billion views", 3_170_000_000),
        ("3.17B", 3_170_000_000),
        ("1 234", 1234),
        ("1\u00a0234 J\u2019aime", 1234),
        ("1\u202f234\u202f567 vues", 1_234_567),
        ("1\u2019234", 1234),
        ("1'234'567 Aufrufe", 1_234_567),
        ("1,5 Md de vues", 1_500_000_000),
        ("12 k", 12_000),
        ("12,4 k vues", 12_400),
        ("1,2 M de vues", 1_200_000),
        ("1,1 mi de visualizações", 1_100_000),
        ("2,5 bi", 2_500_000_000),
        ("3 mil curtidas", 3000),
        ("1,1 milhões de visualizações", 1_100_000),
        ("2 mil milhões", 2_000_000_000),
        ("1 milhão", 1_000_000),
        ("2,5 millones de reproducciones", 2_500_000),
        ("1 millón", 1_000_000),
        ("1.234,5 Mio.", 1_234_500_000),
        ("999 · 3 replies", 999),
        ("(12)", 12),
        ("1 234,5 k", 1_234_500),
        ("0.01M", 10_000),
        ("4,1K", 4_100),
    ],
)
def test_a_number_is_what_the_page_says(said: str, number: int):
    assert count_in(said) == number


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "Like",
        "1.2万",
        "3億",
        "1,5 тыс.",
        "15 тыс.",
        "2 млн",
        "1.5L",
        "3 lakh",
        "2 crore",
        "1.2 Cr",
        "12 rb",
        "1,2 jt",
        "1,5",
        "1.5 likes",
        "1.234 Mio.",
        "1,234K",
        "100+",
        "50%",
        "50 %",
        "12:30",
        "3/4",
        "1-2",
        "1,23,456",
        "12.34.56",
        "1 23",
        "1.2.3K",
        "1234.567.890.123.456.789.012.345",
        "v2",
        "10€",
    ],
)
def test_a_number_that_is_not_certain_is_unknown(said: str | None):
    assert count_in(said) is None


@given(st.integers(0, 10**12), st.sampled_from([",", ".", "'", "\u2019", " ", "\u00a0", "\u202f", "\u2009", ""]))
def test_a_whole_number_is_read_back_whatever_stands_between_thousands(number: int, between: str):
    assert count_in(f"{number:,}".replace(",", between)) == number


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str):
    found = count_in(text)
    assert found is None or found >= 0
