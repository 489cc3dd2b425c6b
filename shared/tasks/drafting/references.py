"""Do a payload's references exist, and do their results fit? Checked when the graph is stored, before it runs.

The models of task types give the types of results. What they do not express (whether a field that may be null is there, a
text's length, a number's range) is checked when the result is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.errors import Invalid
from shared.status import FINISHED
from shared.task_types.payload.reference import Reference, as_stored, references_in
from shared.task_types.payload.value_types import Types, place_name, types_of
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import AnySpec, Payload

# Fields that are read before their task begins, so that they must be known by then.
_READ_BEFORE = {
    "to": "Whom a task speaks to",
    "lane": "Where a task runs",
    "makers": "Who makes it",
    "hours": "In which hours a task runs",
}
_STATUS = Types({}, [{"type": "string", "enum": sorted(FINISHED)}])
_TEXT = Types({}, [{"type": "string"}])


@dataclass(frozen=True, slots=True)
class Named:
    """A task that another depends on, and its type (None: one that this version does not know)."""

    id: UUID
    type: str | None


def stored_payload(spec: AnySpec, payload: Payload, needed: Mapping[str, Named], field: str) -> tuple[dict[str, Any], bool]:
    """Return a payload as it is stored, and whether it waits for results; `needed` are its dependencies, as named.

    Raises:
        Invalid: it refers to what is no dependency, to a result that no such task has, or to one that does not fit there.
    """
    stored, waits = as_stored(payload.as_said(), {name: one.id for name, one in needed.items()}, field)
    if waits:
        types = {one.id: one.type for one in needed.values()}
        for reference in references_in(stored):
            _require_fitting(spec, reference, types[reference.task], place_name(field, reference.place))
    return stored, waits


def _require_fitting(spec: AnySpec, reference: Reference, of_type: str | None, where: str) -> None:
    step = reference.place[0]
    if step in _READ_BEFORE:
        message = f"{_READ_BEFORE[str(step)]} must be known when it is ordered: no result can stand here."
        raise Invalid(code="reference", field=where, message=message)
    found = _answered(reference, of_type, where)
    if found is None:
        return
    takes = types_of(spec.payload).at(reference.place) if reference.whole else _TEXT
    if takes is None or not takes.takes(found):
        here = "a text" if takes is None or not reference.whole else takes.describe()
        message = f"{'.'.join(reference.path)} of a {of_type} is {found.describe()}; here {here} is taken."
        raise Invalid(code="reference_type", field=where, message=message)


def _answered(reference: Reference, of_type: str | None, where: str) -> Types | None:
    """Return the type of a reference's result; None where it is not known.

    Raises:
        Invalid: a task of this type has no such result.
    """
    if reference.path == ("status",):
        return _STATUS
    spec = TASK_TYPES.get(of_type or "")
    if spec is None:
        return None
    result = types_of(spec.result)
    found = result.at(reference.path[1:])
    if found is None:
        there = ", ".join(result.names) or "nothing"
        message = f"A {of_type} has no {'.'.join(reference.path[1:])!r} in its result; there is: {there}."
        raise Invalid(code="reference", field=where, message=message)
    return found
