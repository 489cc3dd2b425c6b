"""What does a client send about tasks? The bodies are made from the task types' specs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal, Union
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from api.schemas.instant import Instant
from api.schemas.names import LONGEST, Handle, Platform
from connectors.registry import platform_names, ways_to
from shared.engine.rules.approval import Author
from shared.task_types.payload.hours import TaskHours
from shared.task_types.payload.referring import read_referring
from shared.task_types.registry import PUBLIC_TYPES, TASK_TYPES
from shared.task_types.spec import AnySpec, Payload
from shared.tasks.change import TaskChange
from shared.tasks.drafting.needed import MOST_NEEDED
from shared.tasks.drafting.order import AfterTask, NeededTasks, Other, TaskOrder

MOST_TASKS = 10_000
_LARGEST = 2**31 - 1
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"#(0|[1-9][0-9]{0,3})")


def read_id(value: object) -> object:
    """Return an id from its usual form; no other form is accepted.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        message = "Write an id as 8-4-4-4-12 hexadecimal digits."
        raise ValueError(message)
    return UUID(value)


def _read_whole(value: object) -> object:
    """Return a JSON number without a fraction as a whole one, however it is written."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_read_whole)


def _read_named(value: object) -> object:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value[1:])
    return read_id(value)


_ID_SCHEMA = {"type": "string", "format": "uuid", "pattern": f"^{_UUID.pattern}$"}
Id = Annotated[UUID, BeforeValidator(read_id), WithJsonSchema(_ID_SCHEMA)]
NamedId = Annotated[
    UUID | int,
    BeforeValidator(_read_named),
    WithJsonSchema({"anyOf": [_ID_SCHEMA, {"type": "string", "pattern": f"^{_NUMBER.pattern}$"}]}),
]
LaneFilter = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,120}$")]
Priority = Annotated[int, Field(strict=True, ge=1, le=5, description="1 is the highest."), WHOLE]


class Body(BaseModel):
    """A request's body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AtLeast(Body):
    """At least this many of the tasks."""

    at_least: Annotated[int, Field(strict=True, ge=1, le=MOST_NEEDED), WHOLE]


def _kind_of_need(value: Any) -> str:
    return "word" if isinstance(value, str) else "number"


def _kind_of_dependency(value: Any) -> str:
    return "some" if isinstance(value, dict | BaseModel) else "one"


def _dependencies_of(named: Any, suffix: str) -> Any:
    """Return the type of a list of dependencies, given how tasks are named: one task, or several with what they need."""
    need = Annotated[
        Annotated[Literal["all", "any", "settled"], Tag("word")] | Annotated[AtLeast, Tag("number")],
        Discriminator(_kind_of_need),
    ]
    words = "`all` or `any` of them are completed, or at least so many; `settled`: all are over, whatever came of them."
    several = create_model(
        f"Needed{suffix}",
        __base__=Body,
        __doc__="Several tasks, and what of them must hold.",
        tasks=(list[named], Field(min_length=1, max_length=MOST_NEEDED)),
        need=(need, Field("all", description=words)),
    )
    one = Annotated[
        Annotated[named, Tag("one")] | Annotated[several, Tag("some")],
        Discriminator(_kind_of_dependency),
    ]
    return list[one]


def _after_of(named: Any, suffix: str) -> Any:
    """Return the type of `after`, given how tasks are named."""
    after = create_model(
        f"After{suffix}",
        __base__=Body,
        __doc__="So many seconds from the end of a task on, which must be completed.",
        task=(named, ...),
        offset_s=(Annotated[float, Field(strict=True, ge=0, le=_LARGEST, allow_inf_nan=False)], ...),
    )
    return after | None


class Resources(Body):
    """The scarce resources that a task needs."""

    credits: Annotated[int, Field(strict=True, ge=0, le=_LARGEST), WHOLE] = 0


class RecurringBody(Body):
    """The fields that all types share, whenever they run."""

    author: Author | None = Field(
        None,
        description="Who wrote its words; what AI wrote needs approval unless a rule says else. Where it is not said, those"
        " whom your key speaks for, or you. A key that speaks for somebody, or a person, says nobody else.",
    )

    priority: Priority | None = Field(None, description="1 is the highest, 5 the lowest; else the type's own.")
    resources: Resources = Resources()
    max_retries: Annotated[int, Field(strict=True, ge=0, le=100), WHOLE] = 3


def _read_payload(model: type[Payload], said: Any, read: ValidatorFunctionWrapHandler) -> Payload:
    """Return a payload in which references may replace values."""
    return read_referring(model, said, read)


def _platform_for(spec: AnySpec) -> Any:
    """Return the type of a platform's key. The schema lists those that can do this; others are refused with their reason."""
    able = sorted({platform for platform, _ in ways_to(spec.capability)})
    return Annotated[Platform, WithJsonSchema({"type": "string", "enum": able})]


class TaskBody(RecurringBody):
    """A task and its time."""

    scheduled_for: Instant | None = Field(None, description="Not before this instant, which is to come.")
    hours: TaskHours | None = Field(None, description="Only within these hours, by the owner's clock.")


def _type_from_platform(kind: str, makers: Sequence[str]) -> Any:
    """Return a validator that reads a maker's name given as the type as this type on that platform."""

    def read(_body: type[BaseModel], value: Any) -> Any:
        maker = value.get("type") if isinstance(value, dict) else None
        if maker not in makers:
            return value
        said = value.get("platform", maker)
        if not isinstance(said, str) or platform_names().find(said[:LONGEST]) != maker:
            message = "The type {maker} is a {kind} there: leave the platform out, or say {maker}."
            raise PydanticCustomError("two_platforms", message, {"maker": maker, "kind": kind})
        return value | {"type": kind, "platform": maker}

    of_body: Any = classmethod(read)
    return model_validator(mode="before")(of_body)


class OtherTasks:
    """The types by which a body names other tasks, in `dependencies` and in `after`."""

    def __init__(self, named: Any, suffix: str) -> None:
        self.dependencies = _dependencies_of(named, suffix)
        self.after = _after_of(named, suffix)


def _body_of(spec: AnySpec, named: OtherTasks | None, suffix: str, base: type[RecurringBody]) -> type[RecurringBody]:
    """Return the body for one type: `platform` and `account` are there where the type acts as an account.

    `named` is how other tasks are named; None: they cannot be.
    """
    who: dict[str, Any] = {"platform": (None, None), "account": (None, None)}
    if spec.of_account:
        who = {"platform": (_platform_for(spec), ...), "account": (Handle, Field(description="The account's handle."))}
    words = "What must hold before: a task that is completed, or as many of several tasks as are needed."
    described: Any = Field(default_factory=list, max_length=MOST_NEEDED, description=words)
    makers = sorted({platform for platform, _ in ways_to(spec.capability)}) if spec.by_platform else []
    fields: dict[str, Any] = {
        "type": (Annotated[Literal[(spec.type, *makers)], WithJsonSchema({"type": "string", "const": spec.type})], ...),
        "payload": (Annotated[spec.payload, WrapValidator(partial(_read_payload, spec.payload))], ...),
    }
    if named is not None:
        after: Any = Field(None, description="Not before so many seconds after a task's end.")
        fields |= {"dependencies": (named.dependencies, described), "after": (named.after, after)}
    made: type[RecurringBody] = create_model(
        f"{spec.type.title().replace('_', '')}{suffix}",
        __base__=base,
        __doc__=f"A task of the type `{spec.type}`.",
        __validators__={"read_type": _type_from_platform(spec.type, makers)} if makers else {},
        **fields,
        **who,
    )
    return made


def union_of(named: OtherTasks | None, suffix: str, base: type[RecurringBody] = TaskBody) -> Any:
    """Return the union of the bodies of all public types, told apart by `type`."""
    bodies = tuple(_body_of(spec, named, suffix, base) for spec in PUBLIC_TYPES)
    return Annotated[Union[bodies], Field(discriminator="type")]  # noqa: UP007 - made from a tuple


OneTask = union_of(OtherTasks(Id, "Tasks"), "Task")
_BatchTask = union_of(OtherTasks(NamedId, "InBatch"), "InBatch")


def _read_alike(said: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Return what was read, of which what was said several times was read once and is one and the same object.

    What is wrong is read as it was said: each fault names its place.
    """
    if not isinstance(said, list) or len(said) > MOST_TASKS:
        return read(said)
    texts = [repr(one) for one in said]  # as texts: to Python 1, 1.0 and True are the same
    distinct = dict(zip(texts, said, strict=True))
    if len(distinct) == len(said):
        return read(said)
    try:
        made = dict(zip(distinct, read([*distinct.values()]), strict=True))
    except ValidationError:
        return read(said)
    return [made[text] for text in texts]


class ManyTasks(Body):
    """Tasks that are stored together or not at all; `#0` names the first of them as a dependency."""

    tasks: Annotated[
        list[_BatchTask],  # type: ignore[valid-type]  # made above
        Field(min_length=1, max_length=MOST_TASKS),
        WrapValidator(_read_alike),
    ]

    def orders(self) -> list[TaskOrder]:
        """Return what is asked for; what was read once is one and the same order."""
        made: dict[int, TaskOrder] = {}
        for one in self.tasks:
            if id(one) not in made:
                made[id(one)] = order_of(one)
        return [made[id(one)] for one in self.tasks]


def _needed(said: Any) -> Other | NeededTasks:
    if not isinstance(said, Body):
        one: Other = said
        return one
    several: Any = said
    need = several.need
    return NeededTasks(tuple(several.tasks), need.at_least if isinstance(need, AtLeast) else 1 if need == "any" else need)


def order_of(body: Any) -> TaskOrder:
    """Return what a body asks for."""
    after = getattr(body, "after", None)
    return TaskOrder(
        spec=TASK_TYPES[body.type],
        payload=body.payload,
        platform=body.platform,
        account=body.account,
        priority=body.priority,
        scheduled_for=getattr(body, "scheduled_for", None),
        hours=getattr(body, "hours", None),
        dependencies=tuple(_needed(one) for one in getattr(body, "dependencies", ())),
        after=None if after is None else AfterTask(after.task, after.offset_s),
        credits=body.resources.credits,
        max_retries=body.max_retries,
        author=body.author,
    )


def example_of(spec: AnySpec) -> dict[str, Any]:
    """Return a task of this type as a client would write it."""
    who = {"platform": spec.example_platform, "account": "demo"} if spec.of_account else {}
    return {"type": spec.type, **who, "priority": spec.priority, "payload": spec.example}


ONE_EXAMPLES = {spec.type: {"summary": f"A {spec.type}", "value": example_of(spec)} for spec in PUBLIC_TYPES}
MANY_EXAMPLE = {
    "tasks": [
        {"type": "probe", "payload": {"lane": "system"}},
        {"type": "probe", "payload": {"lane": "system"}, "dependencies": ["#0"]},
    ]
}
_ANY_PAYLOAD: Any = Union[tuple(spec.payload for spec in PUBLIC_TYPES)]  # noqa: UP007 - made from a tuple


class _OfAnyType:
    """Describes a payload as that of any type; it is validated once its task, and so its type, is known."""

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(TypeAdapter(_ANY_PAYLOAD).core_schema)


AnyPayload = Annotated[dict[str, Any], _OfAnyType()]


class Changes(Body):
    """Changes to a task before it is released; fields that are not named stay."""

    priority: Priority | None = None
    scheduled_for: Instant | None = Field(None, description="To come; null: as soon as it may run.")
    hours: TaskHours | None = Field(None, description="null: at any hour.")
    payload: AnyPayload | None = None

    def as_change(self) -> TaskChange:
        """Return it as the use case takes it."""
        named = self.model_fields_set
        return TaskChange(
            self.priority,
            self.payload,
            reschedule="scheduled_for" in named,
            scheduled_for=self.scheduled_for,
            new_hours="hours" in named,
            hours=self.hours,
        )


CHANGE_EXAMPLES: dict[str, Any] = {
    "later": {"summary": "Later, and more urgent", "value": {"priority": 2, "scheduled_for": "2030-01-01T09:00:00Z"}},
}
