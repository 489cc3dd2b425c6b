"""How are texts of others written to a table, so that a spreadsheet does not take them for formulas?"""

from __future__ import annotations

import json
from collections.abc import Iterable

# A cell that begins so is calculated, or sends the content of others elsewhere (OWASP, "CSV injection").
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")  # the last four are full-width forms


def cells(values: Iterable[object]) -> list[str]:
    """Return values as cells: "" for None, JSON for anything but text and numbers, an apostrophe before formulas."""
    return [_cell(value) for value in values]


def plain(cell: str) -> str:
    """Return a cell as it was before `cells`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_BEGINS_FORMULA) else cell


def _cell(value: object) -> str:
    if value is None:
        return ""
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{said}" if said.startswith(_BEGINS_FORMULA) and not isinstance(value, int | float) else said
