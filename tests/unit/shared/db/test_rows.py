"""Does a row carry exactly what its kind says?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import NoResultFound

from shared.db.models import Wake
from shared.db.rows import columns_of, row_of, row_or_none, rows_of


@dataclass(frozen=True, slots=True)
class Pair:
    left: int
    right: str


@pytest.fixture(scope="module")
def answers():
    with create_engine("sqlite://").connect() as connection:
        yield lambda query: connection.execute(text(query))


def test_rows_are_read_by_the_names_of_their_columns_in_whatever_order(answers):
    both = answers("SELECT 'a' AS right, 1 AS left UNION ALL SELECT 'b', 2 ORDER BY 2")

    assert rows_of(Pair, both) == [Pair(1, "a"), Pair(2, "b")]


@pytest.mark.parametrize("columns", ["1 AS left", "1 AS left, 'a' AS right, 2 AS more", "1 AS left, 'a' AS wrong"])
def test_a_column_too_many_or_too_few_is_an_error(answers, columns):
    with pytest.raises(TypeError):
        rows_of(Pair, answers(f"SELECT {columns}"))


def test_one_row_is_one_or_an_error_or_none(answers):
    assert row_of(Pair, answers("SELECT 1 AS left, 'a' AS right")) == Pair(1, "a")
    assert row_or_none(Pair, answers("SELECT 1 AS left, 'a' AS right")) == Pair(1, "a")
    assert row_or_none(Pair, answers("SELECT 1 AS left, 'a' AS right WHERE false")) is None
    with pytest.raises(NoResultFound):
        row_of(Pair, answers("SELECT 1 AS left, 'a' AS right WHERE false"))


def test_only_those_columns_of_a_table_are_asked_for_that_a_kind_has():
    @dataclass(frozen=True)
    class When:
        at: datetime
        id: UUID

    assert [column.name for column in columns_of(Wake, When)] == ["at", "id"]
