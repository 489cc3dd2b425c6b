"""Does a cursor lead back to where it was made, and is everything of its shape one?"""

from __future__ import annotations

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.cursor import PATTERN, id_in, number_in, of_id, of_number


@given(st.uuids(allow_nil=True))
def test_an_id_comes_back(value: UUID):
    assert id_in(of_id(value)) == value
    assert re.fullmatch(PATTERN, of_id(value))


@given(st.integers(0, 2**63 - 1))
def test_a_number_comes_back(value: int):
    assert number_in(of_number(value)) == value


@given(st.from_regex(PATTERN, fullmatch=True).map(str.strip))
def test_whatever_has_the_shape_is_a_cursor(text: str):
    assert of_id(id_in(text)) == text
    assert 0 <= number_in(text) < 2**63
