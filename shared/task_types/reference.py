r"""How does a task's text say what came of a task that it depends on?

`{{ tasks.<id>.result.<field> }}`, or `#0` for a task of the same batch: one regular expression, no language. A reference
is bound to its task when the text is stored, and replaced once, when the task is claimed; what stands in its place is
never read again. `\{{` writes `{{`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from shared.errors import ContentRejected, Invalid

OPENS = "{{"
MOST_REFERENCES = 20
LONGEST_VALUE = 2_000  # characters
_FIELD = r"[a-z][a-z0-9_]{0,39}"
_REFERENCE = re.compile(
    r"(?P<escaped>\\\{\{)|\{\{ {0,9}tasks\.(?P<task>#[0-9]{1,4}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    rf"\.result\.(?P<field>{_FIELD}(?:\.{_FIELD}){{0,2}}) {{0,9}}\}}\}}"
)


def bind(payload: dict[str, Any], names: Mapping[str, UUID], field: str) -> dict[str, Any]:
    """The payload with every reference by its task's id; `names` are the task's dependencies as its client names them.

    Raises:
        Invalid: something opens like a reference and is none, names no dependency, or there are too many of them.
    """
    count = 0

    def bound(text: str, where: str) -> str:
        def one(found: re.Match[str]) -> str:
            nonlocal count
            if found["escaped"]:
                return found[0]
            count += 1
            task = names.get(found["task"].lower())
            if task is None:
                raise Invalid(code="reference", field=where, message=f"{found['task']} is none of this task's dependencies.")
            return f"{OPENS} tasks.{task}.result.{found['field']} }}}}"

        if OPENS in _REFERENCE.sub("", text):
            message = "{{ begins a reference: write {{ tasks.<id or #number>.result.<field> }}, or \\{{ for the signs alone."
            raise Invalid(code="reference", field=where, message=message)
        bound_text = _REFERENCE.sub(one, text)
        if count > MOST_REFERENCES:
            raise Invalid(code="reference", field=where, message=f"A payload has {MOST_REFERENCES} references at most.")
        return bound_text

    made: dict[str, Any] = _walk(payload, bound, field)
    return made


def has_references(payload: dict[str, Any]) -> bool:
    """Whether a bound payload has anything to replace."""
    found = False

    def look(text: str, _where: str) -> str:
        nonlocal found
        found = found or any(one["task"] for one in _REFERENCE.finditer(text))
        return text

    _walk(payload, look, "")
    return found


def shortest(text: str) -> str:
    """Return a text as short as results can make it: with one sign in the place of each reference."""
    return _REFERENCE.sub(lambda found: OPENS if found["escaped"] else "x", text) if OPENS in text else text


def as_stored(payload: dict[str, Any], names: Mapping[str, UUID], field: str) -> tuple[dict[str, Any], bool]:
    """Return the payload as it is stored, and whether it waits for results; one that does not says already what it will say.

    Raises:
        Invalid: as `bind`.
    """
    bound = bind(payload, names, field)
    waits = has_references(bound)
    return (bound if waits else resolve(bound, {})), waits


def resolve(payload: dict[str, Any], results: Mapping[UUID, Any]) -> dict[str, Any]:
    """The stored payload with the results of completed tasks in the places of its references.

    Raises:
        ContentRejected: a task has no such field in its result, or one that is no short text, number or truth value.
    """

    def one(found: re.Match[str]) -> str:
        return OPENS if found["escaped"] else _value(results.get(UUID(found["task"])), found["task"], found["field"])

    def filled(text: str, _where: str) -> str:
        return _REFERENCE.sub(one, text)

    made: dict[str, Any] = _walk(payload, filled, "")
    return made


def _value(result: Any, task: str, field: str) -> str:
    value = result
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float) or not str(value):
        raise ContentRejected(code="reference_missing", message=f"Task {task} has no {field!r} in its result.")
    if len(str(value)) > LONGEST_VALUE:
        message = f"{field!r} in the result of task {task} has more than {LONGEST_VALUE} characters."
        raise ContentRejected(code="reference_too_long", message=message)
    return str(value)


def _walk(value: Any, change: Callable[[str, str], str], where: str) -> Any:
    """The same with every text changed; `where` names the place."""
    if isinstance(value, str):
        return change(value, where) if OPENS in value else value
    if isinstance(value, dict):
        return {name: _walk(part, change, f"{where}.{name}") for name, part in value.items()}
    if isinstance(value, list):
        return [_walk(part, change, f"{where}[{place}]") for place, part in enumerate(value)]
    return value
