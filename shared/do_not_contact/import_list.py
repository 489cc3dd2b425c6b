"""A list of people who are not to be contacted is brought in, all of it or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from shared.db import events
from shared.db.desk import Desk
from shared.do_not_contact import repository
from shared.do_not_contact.view import MOST_ENTRIES, Entry, name_of
from shared.errors import Conflict, ImportRefused
from shared.identity.caller import Caller
from shared.spreadsheet import plain

MOST_AT_ONCE = 10_000
MOST_FAULTS = 100
COLUMNS = ("kind", "name", "platform", "persona_id", "reason")
_PLATFORM_LONGEST, _REASON_LONGEST = 40, 500
Line = tuple[int, Entry]


class BroughtIn(BaseModel):
    """What became of a list."""

    added: int
    known: int = Field(description="How many were on the list already, or twice in this one.")


async def bring_in_contacts(*, desk: Desk, caller: Caller, lines: Sequence[Line]) -> BroughtIn:
    """Put everybody (line, entry) on the list, in one transaction.

    Raises:
        ImportRefused: a line is wrong; each wrong one is named, and nothing was stored.
        Conflict: the list would be longer than it may be.
    """
    rows, faults = _rows(lines)
    async with desk.change(caller.workspace_id) as connection:
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
    return BroughtIn(added=added, known=len(lines) - added)


def read_csv(text: str) -> list[Line]:
    """The entries of a CSV with a first line of column names; `name` must be one of them.

    Raises:
        ImportRefused: a line cannot be read; each of them is named.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), restkey="")
    faults: list[tuple[int, str]] = []
    lines: list[Line] = []
    try:
        names = reader.fieldnames or ()
        if "name" not in names or not set(names) <= set(COLUMNS):
            _require_none([(1, f"The first line names the columns: {', '.join(COLUMNS)}; `name` must be there.")])
        for row in reader:
            try:
                lines.append((reader.line_num, _entry(row)))
            except ValueError as error:
                faults.append((reader.line_num, str(error)))
            if len(lines) > MOST_AT_ONCE:
                _require_none([(reader.line_num, f"At most {MOST_AT_ONCE} are brought in at once.")])
    except csv.Error as error:
        faults.append((reader.line_num, f"This is no CSV: {error}."))
    _require_none(faults)
    return lines


def _entry(row: dict[str, Any]) -> Entry:
    if "" in row:
        message = "This line has more cells than the first."
        raise ValueError(message)
    cell = {name: plain((value or "").strip()) for name, value in row.items()}
    kind = cell.get("kind") or "handle"
    if kind not in {"handle", "domain"}:
        message = f"kind is handle or domain, not {kind[:40]!r}."
        raise ValueError(message)
    platform, reason = cell.get("platform") or None, cell.get("reason", "")
    if len(platform or "") > _PLATFORM_LONGEST or len(reason) > _REASON_LONGEST or "\x00" in reason + (platform or ""):
        message = f"A platform has {_PLATFORM_LONGEST} characters at most, a reason {_REASON_LONGEST}."
        raise ValueError(message)
    persona = UUID(cell["persona_id"]) if cell.get("persona_id") else None
    return Entry(cell["name"], "domain" if kind == "domain" else "handle", platform, persona, reason)


def _rows(lines: Sequence[Line]) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    rows, faults = [], []
    for number, entry in lines:
        try:
            rows.append(entry.row())
        except ValueError as error:
            faults.append((number, str(error)))
    return rows, faults


def _require_none(faults: Sequence[tuple[int, str]]) -> None:
    """Refuse a list that has any.

    Raises:
        ImportRefused: it has.
    """
    if faults:
        named = tuple((f"line {number}", said) for number, said in sorted(faults)[:MOST_FAULTS])
        raise ImportRefused(message=f"{len(faults)} lines are wrong, and nothing was stored.", faults=named)
