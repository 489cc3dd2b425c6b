"""How is a payload read in which references replace values that are not known yet?

A text may be a reference as it is. In a field of another type, or of a text that must have some form, a possible
value replaces it while the payload is read; what is stored has the reference again (`Payload.as_said`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from shared.task_types.payload.reference import DEEPEST, whole_references
from shared.task_types.payload.value_types import Place, types_of
from shared.task_types.spec import ONE_LINE, Payload
from shared.validation import fault_of_text

P = TypeVar("P", bound=Payload)


def read_referring(model: type[P], said: Any, validate: Callable[[Any], P] | None = None) -> P:
    """Return a payload of this model, as a client wrote it; `validate` reads it, else the model itself.

    Texts are looked at here, where they are taken: what was stored before is read by its model alone.

    Raises:
        ValidationError: it is none, wherever its references do not stand, or a text of it does not go out as it is.
    """
    made = _read(model, said, validate or model.model_validate)
    if faults := list(_faults_of_texts(made.as_said(), made, ())):
        raise ValidationError.from_exception_data(model.__name__, faults)
    return made


def _faults_of_texts(said: Any, payload: Payload, place: Place) -> Iterator[InitErrorDetails]:
    if isinstance(said, str):
        field = type(payload).model_fields[str(place[0])]
        if fault := fault_of_text(said, is_line=ONE_LINE in field.metadata):
            yield InitErrorDetails(type=PydanticCustomError("text", "{said}", {"said": fault}), loc=place, input=said)
    elif isinstance(said, dict):
        for name, part in said.items():
            yield from _faults_of_texts(part, payload, (*place, name))
    elif isinstance(said, list):
        for number, part in enumerate(said):
            yield from _faults_of_texts(part, payload, (*place, number))


def _read(model: type[P], said: Any, read: Callable[[Any], P]) -> P:
    try:
        return read(said)
    except ValidationError as error:
        wrong = [tuple(fault["loc"]) for fault in error.errors(include_url=False, include_input=False)]
        placed = _stand_ins(model, whole_references(said), wrong)
        if not placed:
            raise
    made = read(_with_values(said, {place: value for place, (_, value) in placed.items()}, ()))
    made.refer({place: text for place, (text, _) in placed.items()})
    return made


def _stand_ins(
    model: type[P], whole: Mapping[Place, str], wrong: list[tuple[str | int, ...]]
) -> dict[Place, tuple[str, Any]]:
    """Yield the references that cannot stand as texts where they do, each with a value that can, if there is one."""
    found = {}
    for place, text in whole.items():
        types = types_of(model).at(place)
        value = None if types is None else types.sample()
        if value is not None and any(where[: len(place)] == place for where in wrong):
            found[place] = (text, value)
    return found


def _with_values(said: Any, values: Mapping[Place, Any], place: Place) -> Any:
    if place in values or len(place) >= DEEPEST:
        return values.get(place, said)
    if isinstance(said, dict):
        return {name: _with_values(part, values, (*place, name)) for name, part in said.items()}
    if isinstance(said, list):
        return [_with_values(part, values, (*place, number)) for number, part in enumerate(said)]
    return said
