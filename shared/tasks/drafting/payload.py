"""What is wrong with a new payload of a task whose type is known? Each fault names its own field, and no other type's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from shared.errors import Conflict, Malformed
from shared.task_types.payload.referring import read_referring
from shared.task_types.registry import PUBLIC_TYPES
from shared.task_types.spec import AnySpec, Payload
from shared.validation import message_of

MOST_FAULTS = 100


def read_new_payload(spec: AnySpec, said: Mapping[str, Any], *, field: str) -> Payload:
    """Return a payload of this type, as a client wrote it.

    Raises:
        Conflict: it is one of another type.
        Malformed: it is none; each fault names its field.
    """
    try:
        made: Payload = read_referring(spec.payload, dict(said))
    except ValidationError as error:
        if said and any(_fits(other, said) for other in PUBLIC_TYPES if other.payload is not spec.payload):
            message = f"This payload is not one of the type {spec.type!r}."
            raise Conflict(code="other_type", field=field, message=message) from error
        faults = tuple((_place(field, fault["loc"]), message_of(fault)) for fault in error.errors()[:MOST_FAULTS])
        raise Malformed(message="The request is not as it should be.", faults=faults) from error
    return made


def _fits(spec: AnySpec, said: Mapping[str, Any]) -> bool:
    try:
        read_referring(spec.payload, dict(said))
    except ValidationError:
        return False
    return True


def _place(field: str, within: Sequence[int | str]) -> str:
    return field + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in within)
