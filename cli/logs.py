"""callsheet logs: what do this home's logs say about one task?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.client import Client
from cli.screen import AsJson, data, escape_unseen, show_json, talk
from shared.errors import CallsheetError, Invalid, NotFound

# As both formats write it: first on a line for people, and anywhere on a line of JSON.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_FIRST = re.compile(r"\{|\S*\d{4}-\d\d-\d\d[T ]")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What somebody has asked, this command among them, is nothing that has happened to a task.
_ASKED = re.compile(r"\bmethod(=|\": \")GET\b")


def logs(
    context: typer.Context,
    task_id: Annotated[str, typer.Argument(metavar="TASK", help="The task's id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print what the logs of this home say about a task, oldest first, each line with the part that wrote it."""
    folder: Path = context.obj.home / "logs"
    words = _words_for(context, _read_id(task_id))
    found = (entry for entry in find_entries(folder, words) if not _only_asks(entry["text"]))
    entries = sorted(found, key=lambda entry: entry["at"])
    if as_json:
        show_json(entries)
        return
    for entry in entries:
        data.print(f"{entry['part']:<12} {escape_unseen(entry['text'])}", markup=False, soft_wrap=True)
    if not entries:
        talk.print(f"No log in {folder} speaks of it; what ran on another machine was logged there.", soft_wrap=True)


def _read_id(text: str) -> str:
    """Return the id as logs have it.

    Raises:
        Invalid: it is not an id.
    """
    written = text.strip().lower()
    try:
        if str(UUID(written)) == written:
            return written
    except ValueError:
        pass
    message = f"{text[:100]!r} is no task's id; `callsheet queue` and `callsheet history` show them."
    raise Invalid(field="TASK", message=message)


def _only_asks(entry: str) -> bool:
    return "request.answered" in entry and _ASKED.search(entry) is not None


def _words_for(context: typer.Context, task_id: str) -> set[str]:
    """Return the task's id, and the id of the request that created it, where the gateway answers.

    Raises:
        NotFound: there is no such task.
    """
    try:
        with Client(context.obj) as client:
            events = client.get(f"/api/scheduler/task/{task_id}/events")["items"]
    except NotFound:
        raise
    except CallsheetError as error:
        talk.print(f"{error.message} Only lines with the task's own id are shown.", markup=False, soft_wrap=True)
        return {task_id}
    return {task_id, *filter(None, (event["data"].get("correlation_id") for event in events))}


def find_entries(folder: Path, words: set[str]) -> Iterator[dict[str, Any]]:
    """Return every entry of the logs that contains one of the words, with all its lines: `at`, `part`, `text`."""
    for path in sorted(folder.glob("*.log*")):
        for entry in _entries(path):
            if any(word in entry for word in words):
                yield {"at": _instant(entry), "part": path.name.partition(".log")[0], "text": entry}


def _entries(path: Path) -> Iterator[str]:
    """Yield a log's entries: a line that does not begin like one, as in a traceback, belongs to the one before."""
    entry = ""
    with path.open(encoding="utf-8", errors="replace") as file:
        for raw in file:
            line = _COLOURS.sub("", raw.rstrip("\n"))
            if entry and not _FIRST.match(line):
                entry += f"\n{line}"
                continue
            if entry:
                yield entry
            entry = line
    if entry:
        yield entry


def _instant(entry: str) -> str:
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(entry)["timestamp"])
    found = _INSTANT.search(entry)
    return found[0] if found else ""
