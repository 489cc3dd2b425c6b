"""How are lists returned in pages, and rows turned into views?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel

from shared.cursor import of_id

T = TypeVar("T")


class View(BaseModel):
    """A row as it is shown."""

    @classmethod
    def of(cls, row: object, **computed: Any) -> Self:
        """Return the view of a row: computed values, and the row's own under the view's names."""
        return cls(**computed, **{name: getattr(row, name) for name in cls.model_fields if name not in computed})


class Page(BaseModel, Generic[T]):
    """Some of a list, in its order. `next_cursor` asks for what follows; null at the end."""

    items: list[T]
    next_cursor: str | None

    @classmethod
    def of(cls, items: list[T], found: int, after: Callable[[T], str] | None = None) -> Self:
        """Return a page of `items`. Where one more was found, the list goes on: after the last one's id by default."""
        if found <= len(items):
            return cls(items=items, next_cursor=None)
        return cls(items=items, next_cursor=after(items[-1]) if after else of_id(items[-1].id))  # type: ignore[attr-defined]
