r"""How does a task's payload refer to the result of a task that it depends on?

`{{ tasks.<id>.result.<path> }}` and `{{ tasks.<id>.status }}`, or `#0` for a task of the same batch: one regular expression,
no language. A path leads through objects by name and through lists by number. A reference is bound to its task when the
payload is stored, and replaced once, when the task is claimed; the value that replaces it is never parsed again. Where it is
the whole field, the value keeps its type. `\{{` writes `{{`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.errors import ContentRejected, Invalid
from shared.status import Status
from shared.task_types.payload.value_types import Place, kind_of, place_name

OPENS = "{{"
MOST_REFERENCES = 20
LONGEST_VALUE = 2_000  # characters
LARGEST_VALUE = 65_536  # characters of a list or an object, as JSON
DEEPEST = 20
_NAME = r"[a-z][a-z0-9_]{0,39}"
_STEP = rf"(?:{_NAME}|0|[1-9][0-9]{{0,3}})"
_REFERENCE = re.compile(
    r"(?P<escaped>\\\{\{)|\{\{ {0,9}tasks\.(?P<task>#[0-9]{1,4}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    rf"\.(?P<path>status|result\.{_NAME}(?:\.{_STEP}){{0,5}}) {{0,9}}\}}\}}"
)
_TEXT = frozenset({"string"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a task: its state, and its result where it is completed."""

    status: Status
    result: Any = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A bound reference: where it stands, its task, the path into that task's result, and if it is the whole field."""

    place: Place
    task: UUID
    path: tuple[str, ...]
    whole: bool


def bind(payload: dict[str, Any], names: Mapping[str, UUID], field: str) -> dict[str, Any]:
    """Return the payload with every reference by its task's id; `names` are the dependencies as the client names them.

    Raises:
        Invalid: something opens like a reference and is none, names no dependency, or there are too many of them.
    """
    count = 0

    def bound(text: str, place: Place) -> str:
        where = place_name(field, place)

        def one(found: re.Match[str]) -> str:
            nonlocal count
            if found["escaped"]:
                return found[0]
            count += 1
            task = names.get(found["task"].lower())
            if task is None:
                raise Invalid(code="reference", field=where, message=f"{found['task']} is none of this task's dependencies.")
            return f"{OPENS} tasks.{task}.{found['path']} }}}}"

        if OPENS in _REFERENCE.sub("", text):
            message = "{{ begins a reference: write {{ tasks.<id or #number>.result.<path> }}, or \\{{ for the signs alone."
            raise Invalid(code="reference", field=where, message=message)
        bound_text = _REFERENCE.sub(one, text)
        if count > MOST_REFERENCES:
            raise Invalid(code="reference", field=where, message=f"A payload has {MOST_REFERENCES} references at most.")
        return bound_text

    made: dict[str, Any] = _walk(payload, bound, ())
    return made


def references_in(payload: dict[str, Any]) -> list[Reference]:
    """Return the references of a bound payload, in its order."""
    return [
        Reference(place, UUID(one["task"]), tuple(one["path"].split(".")), one[0] == text)
        for place, text in _texts(payload, ())
        for one in _REFERENCE.finditer(text)
        if one["task"]
    ]


def whole_references(payload: Any) -> dict[Place, str]:
    """Return the texts of a payload, as a client wrote it, that are one reference and nothing else, by their place."""
    return {place: text for place, text in _texts(payload, ()) if (one := _REFERENCE.fullmatch(text)) and one["task"]}


def shortest(text: str) -> str:
    """Return a text as short as results can make it: with one character instead of each reference."""
    return _REFERENCE.sub(lambda found: OPENS if found["escaped"] else "x", text) if OPENS in text else text


def as_stored(payload: dict[str, Any], names: Mapping[str, UUID], field: str) -> tuple[dict[str, Any], bool]:
    """Return the payload as it is stored, and whether it waits for results; one that does not is final already.

    Raises:
        Invalid: as `bind`.
    """
    bound = bind(payload, names, field)
    waits = bool(references_in(bound))
    return (bound if waits else resolve(bound, {})), waits


def resolve(
    payload: dict[str, Any], outcomes: Mapping[UUID, Outcome], kinds_at: Callable[[Place], frozenset[str]] = lambda _: _TEXT
) -> dict[str, Any]:
    """Return the stored payload with other tasks' results instead of its references.

    `kinds_at` says which kinds of JSON a place takes: a value that is a whole field stays as it is where it is one
    of them, and becomes text otherwise.

    Raises:
        ContentRejected: a task has no such field in its result, or one that does not go into a text.
    """

    def one(found: re.Match[str]) -> str:
        return OPENS if found["escaped"] else _as_text(_value(found, outcomes), found)

    def filled(text: str, place: Place) -> Any:
        whole = _REFERENCE.fullmatch(text)
        if whole is None or whole["escaped"]:
            return _REFERENCE.sub(one, text)
        value, kinds = _value(whole, outcomes), kinds_at(place)
        kind = kind_of(value)
        if kind == "string" or ("string" in kinds and kind not in kinds):
            return _as_text(value, whole)
        return _bounded(value, whole)

    made: dict[str, Any] = _walk(payload, filled, ())
    return made


def _value(found: re.Match[str], outcomes: Mapping[UUID, Outcome]) -> Any:
    outcome = outcomes.get(UUID(found["task"]))
    if found["path"] == "status":
        return None if outcome is None else outcome.status
    value = None if outcome is None else outcome.result
    for step in found["path"].split(".")[1:]:
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    if value is None or value == "":
        raise _missing(found)
    return value


def _as_text(value: Any, found: re.Match[str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise _missing(found)
    if len(str(value)) > LONGEST_VALUE:
        raise _too_long(found, LONGEST_VALUE)
    return str(value)


def _bounded(value: Any, found: re.Match[str]) -> Any:
    if len(json.dumps(value)) > LARGEST_VALUE:
        raise _too_long(found, LARGEST_VALUE)
    return value


def _missing(found: re.Match[str]) -> ContentRejected:
    name = found["path"].removeprefix("result.")
    return ContentRejected(code="reference_missing", message=f"Task {found['task']} has no {name!r} in its result.")


def _too_long(found: re.Match[str], most: int) -> ContentRejected:
    name = found["path"].removeprefix("result.")
    message = f"{name!r} in the result of task {found['task']} has more than {most} characters."
    return ContentRejected(code="reference_too_long", message=message)


def _walk(value: Any, change: Callable[[str, Place], Any], place: Place) -> Any:
    """Return the same with every text changed; `place` is where it stands."""
    if isinstance(value, str):
        return change(value, place) if OPENS in value else value
    if isinstance(value, dict):
        return {name: _walk(part, change, (*place, name)) for name, part in value.items()}
    if isinstance(value, list):
        return [_walk(part, change, (*place, number)) for number, part in enumerate(value)]
    return value


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield every text that may contain a reference, with its place; nothing deeper than a payload's fields go."""
    if isinstance(value, str):
        if OPENS in value:
            yield place, value
    elif isinstance(value, dict | list) and len(place) < DEEPEST:
        for step, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(part, (*place, step))
