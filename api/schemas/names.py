"""How is a name read that must exist? As people write it; for an unknown one the answer is 404 and lists the known ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from connectors.registry import platform_names
from shared.names import Names
from shared.task_types.registry import TASK_TYPES

NO_SUCH_NAME = "no_such_name"  # the type of such an error, which is answered with 404
LONGEST = 200
TYPE_NAMES = Names("task type", frozenset(TASK_TYPES))


def one_of(names: Callable[[], Names]) -> BeforeValidator:
    """Return a validator that reads one of these names and returns it as it is stored."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        there = names()
        found = there.find(value[:LONGEST])
        if found is None:
            raise PydanticCustomError(NO_SUCH_NAME, "{said}", {"said": there.refusal(value)})
        return found

    return BeforeValidator(read)


def names_schema(names: Names) -> WithJsonSchema:
    """Return the schema of such a name."""
    return WithJsonSchema({"type": "string", "enum": sorted(names.known)})


Platform = Annotated[str, one_of(platform_names), names_schema(platform_names())]
TypeName = Annotated[str, one_of(lambda: TYPE_NAMES), names_schema(TYPE_NAMES)]
# Accepted with its @ or without; stored and compared without.
Handle = Annotated[
    str, StringConstraints(pattern=r"^@?[A-Za-z0-9._-][A-Za-z0-9._@-]{0,99}$"), AfterValidator(lambda name: name.lstrip("@"))
]
