"""How does the answer of a query become typed rows, by the names of their columns?

A kind is a frozen dataclass beside the repository that reads it. A surplus column, or a missing one, is an error at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Column, CursorResult, Table

T = TypeVar("T")


def columns_of(table: Any, kind: type[Any]) -> Sequence[Column[Any]]:
    """Return the columns of a model's table that a kind of rows has."""
    own: Table = table.__table__
    return [own.c[field.name] for field in fields(kind)]


def rows_of(kind: type[T], answer: CursorResult[Any]) -> list[T]:
    """Return all rows of an answer."""
    places = _places(cast("Any", kind), tuple(answer.keys()))
    return [kind(*[row[place] for place in places]) for row in answer]


def row_of(kind: type[T], answer: CursorResult[Any]) -> T:
    """Return the one row of an answer."""
    places = _places(cast("Any", kind), tuple(answer.keys()))
    row = answer.one()
    return kind(*[row[place] for place in places])


def row_or_none(kind: type[T], answer: CursorResult[Any]) -> T | None:
    """Return the one row of an answer, or None where there is none."""
    places = _places(cast("Any", kind), tuple(answer.keys()))
    row = answer.one_or_none()
    return None if row is None else kind(*[row[place] for place in places])


@cache
def _places(kind: Any, columns: tuple[str, ...]) -> tuple[int, ...]:
    """Return where in an answer's rows each field of a kind stands; worked out once for each query.

    Raises:
        TypeError: the answer has other columns.
    """
    wanted = [field.name for field in fields(kind)]
    if sorted(wanted) != sorted(columns):
        other = sorted(set(wanted) ^ set(columns))
        message = f"Rows of {kind.__name__} are not what was asked for: {', '.join(other)} in one of the two alone."
        raise TypeError(message)
    return tuple(columns.index(name) for name in wanted)
