"""How does what others wrote get into a table that somebody opens in a spreadsheet, without being taken for a formula?"""

from __future__ import annotations

import json
from collections.abc import Iterable

# A cell that begins so is calculated, or sends what stands in others elsewhere (OWASP, "CSV injection").
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")  # the last four are full-width forms


def cells(values: Iterable[object]) -> list[str]:
    """Values as cells: nothing for None, JSON for what is no text or number, an apostrophe before what begins a formula."""
    return [_cell(value) for value in values]


def plain(cell: str) -> str:
    """A cell as it was before `cells`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_BEGINS_FORMULA) else cell


def _cell(value: object) -> str:
    if value is None:
        return ""
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{said}" if said.startswith(_BEGINS_FORMULA) and not isinstance(value, int | float) else said
