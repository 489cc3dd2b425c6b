"""A do-not-contact list is imported, all of it or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from shared.db import events
from shared.db.database import Database
from shared.do_not_contact import repository
from shared.do_not_contact.view import MOST_ENTRIES, Entry, name_of
from shared.errors import Conflict, ImportRefused
from shared.identity.caller import Caller
from shared.names import Names, find_name
from shared.spreadsheet import plain

MOST_AT_ONCE = 10_000
MOST_FAULTS = 100
COLUMNS = ("kind", "name", "platform", "persona_id", "reason")
KINDS = ("handle", "domain")
_REASON_LONGEST = 500
Line = tuple[int, Entry]


class ImportReport(BaseModel):
    """The result of an import."""

    added: int
    known: int = Field(description="How many were on the list already, or twice in this one.")


async def import_entries(*, database: Database, caller: Caller, lines: Sequence[Line]) -> ImportReport:
    """Add every (line, entry) to the list, in one transaction.

    Raises:
        ImportRefused: a line is wrong; each wrong one is named, and nothing was stored.
        Conflict: the list would be longer than it may be.
    """
    rows, faults = _rows(lines)
    async with database.change(caller.workspace_id) as connection:
        known = await repository.personas(connection)
        faults += [
            (number, f"There is no persona {entry.persona_id}.")
            for number, entry in lines
            if entry.persona_id is not None and entry.persona_id not in known
        ]
        _require_none(faults)
        if await repository.count(connection) + len(rows) > MOST_ENTRIES:
            raise Conflict(code="too_many", message=f"A workspace leaves {MOST_ENTRIES} alone at most.")
        await repository.wake(connection, caller.workspace_id, sorted({name_of(row) for row in rows}))
        added = len(await repository.add(connection, caller.workspace_id, rows, source="import", by=caller.name))
        if added:
            data = {"entries": added, "by": caller.name}
            await events.append(connection, caller.workspace_id, "do_not_contact.added", data)
    return ImportReport(added=added, known=len(lines) - added)


def read_csv(text: str, platforms: Names) -> list[Line]:
    """Return the entries of a CSV with a first line of column names; `name` must be one of them.

    Columns and platforms are named as people write them; cells are separated by commas, semicolons or tabs.

    Raises:
        ImportRefused: a line cannot be read, or names something unknown; each of them is named.
    """
    text = text.removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_divider(text))
    faults: list[tuple[int, str]] = []
    lines: list[Line] = []
    try:
        columns = _columns(next(reader, []))
        for row in reader:
            if not row:
                continue
            try:
                lines.append((reader.line_num, _entry(columns, row, platforms)))
            except ValueError as error:
                faults.append((reader.line_num, str(error)))
            if len(lines) > MOST_AT_ONCE:
                _require_none([(reader.line_num, f"At most {MOST_AT_ONCE} are brought in at once.")])
    except csv.Error as error:
        faults.append((reader.line_num, f"This is no CSV: {error}."))
    _require_none(faults)
    return lines


def _divider(text: str) -> str:
    """Return the separator of cells: of the possible ones, the most frequent in the first line."""
    first = text.lstrip("\r\n").partition("\n")[0]
    return max(",;\t", key=first.count)


def _columns(first: Sequence[str]) -> list[str]:
    """Return the columns that the first line names.

    Raises:
        ImportRefused: it names an unknown one, one twice, or no `name`.
    """
    there = f"columns are {', '.join(COLUMNS)}"
    found = [find_name(cell, COLUMNS) for cell in first]
    faults = [f"There is no column {cell[:40]!r}; {there}." for cell, name in zip(first, found, strict=True) if name is None]
    named = [name for name in found if name is not None]
    faults += [f"The column {name} stands twice." for name in COLUMNS if named.count(name) > 1]
    if not faults and "name" not in named:
        faults.append(f"The first line names the columns; {there}, and `name` must be there.")
    _require_none([(1, fault) for fault in faults])
    return named


def _entry(columns: Sequence[str], row: Sequence[str], platforms: Names) -> Entry:
    if len(row) > len(columns):
        message = "This line has more cells than the first."
        raise ValueError(message)
    cell = dict.fromkeys(COLUMNS, "") | dict(zip(columns, (plain(one.strip()) for one in row), strict=False))
    kind = find_name(cell["kind"], KINDS) if cell["kind"] else "handle"
    if kind is None:
        message = f"kind is handle or domain, not {cell['kind'][:40]!r}."
        raise ValueError(message)
    platform = platforms.find(cell["platform"]) if cell["platform"] else None
    if cell["platform"] and platform is None:
        raise ValueError(platforms.refusal(cell["platform"]))
    if len(cell["reason"]) > _REASON_LONGEST or "\x00" in cell["reason"]:
        message = f"A reason has {_REASON_LONGEST} characters at most."
        raise ValueError(message)
    persona = UUID(cell["persona_id"]) if cell["persona_id"] else None
    return Entry(cell["name"], "domain" if kind == "domain" else "handle", platform, persona, cell["reason"])


def _rows(lines: Sequence[Line]) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    rows, faults = [], []
    for number, entry in lines:
        try:
            rows.append(entry.row())
        except ValueError as error:
            faults.append((number, str(error)))
    return rows, faults


def _require_none(faults: Sequence[tuple[int, str]]) -> None:
    """Refuse a list that has faults.

    Raises:
        ImportRefused: it has.
    """
    if faults:
        named = tuple((f"line {number}", said) for number, said in sorted(faults)[:MOST_FAULTS])
        wrong = "1 line is wrong" if len(faults) == 1 else f"{len(faults)} lines are wrong"
        raise ImportRefused(message=f"{wrong}, and nothing was stored.", faults=named)
