"""How does a list come in pages, and a row become what is shown of it?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from shared.cursor import id_in, number_in, of_number
from shared.page import Page, View


class ThingView(View):
    id: UUID
    name: str
    size: int


class ThingPage(Page[ThingView]):
    """Things."""


@dataclass(frozen=True)
class ThingRow:
    id: UUID
    name: str
    secret: str


FIRST = ThingRow(UUID(int=7), "first", "not to be shown")


def test_a_view_shows_what_the_row_has_under_its_names_and_what_is_computed():
    shown = ThingView.of(FIRST, size=3)

    assert shown.model_dump() == {"id": FIRST.id, "name": "first", "size": 3}


def test_what_is_computed_stands_before_what_the_row_has():
    assert ThingView.of(FIRST, size=3, name="other").name == "other"


def test_a_row_that_lacks_what_is_shown_is_an_error():
    with pytest.raises(AttributeError, match="size"):
        ThingView.of(FIRST)


@pytest.mark.parametrize(("found", "goes_on"), [(0, False), (1, False), (2, True)])
def test_a_page_goes_on_only_where_one_more_was_found(found, goes_on):
    items = [ThingView.of(FIRST, size=3)][:found]

    page = ThingPage.of(items, found)

    assert page.items == items
    assert (page.next_cursor is not None) == goes_on


def test_the_next_page_begins_behind_the_last_item():
    page = ThingPage.of([ThingView.of(FIRST, size=3)], 2)
    numbered = ThingPage.of([ThingView.of(FIRST, size=3)], 2, lambda item: of_number(item.size))

    assert page.next_cursor is not None
    assert id_in(page.next_cursor) == FIRST.id
    assert numbered.next_cursor is not None
    assert number_in(numbered.next_cursor) == 3


def test_a_page_is_described_by_a_name_of_its_own():
    assert ThingPage.model_json_schema()["title"] == "ThingPage"
