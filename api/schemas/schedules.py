"""What does a client send about recurring tasks?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    BeforeValidator,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from api.schemas.instant import Instant
from api.schemas.tasks import Body, RecurringBody, example_of, order_of, union_of
from shared.engine.rules.recurrence.calendar import is_block, read_block, start_in
from shared.engine.rules.recurrence.exdates import read_exdate
from shared.engine.rules.recurrence.rrule import LARGEST_INTERVAL, WEEKDAYS, read_rule
from shared.engine.rules.recurrence.schedules import Missed, Overlap
from shared.schedules.change import ScheduleChange
from shared.schedules.order import ScheduleOrder
from shared.task_types.registry import PUBLIC_TYPES
from shared.zone import known_zones, no_such_zone


def _list_of(one: str, most: int) -> str:
    return f"({one})(,({one})){{0,{most - 1}}}"


MOST_EXDATES = 1_000
_DAY = "|".join(WEEKDAYS)
_INTERVAL = f"(;INTERVAL=([1-9][0-9]{{0,2}}|{LARGEST_INTERVAL}))?"
_DATES = f"(;BYMONTH={_list_of('[1-9]|1[0-2]', 12)})?(;BYMONTHDAY={_list_of('-?([1-9]|[12][0-9]|3[01])', 31)})?"
_TIMES = f"(;BYHOUR={_list_of('1?[0-9]|2[0-3]', 24)})?(;BYMINUTE={_list_of('[1-5]?[0-9]', 60)})?"
_MONTHLY = f"FREQ=MONTHLY{_INTERVAL}{_DATES}(;BYDAY={_list_of(f'(-?[1-5])?({_DAY})', 7)})?{_TIMES}"
_OTHERS = f"FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|YEARLY){_INTERVAL}{_DATES}(;BYDAY={_list_of(_DAY, 7)})?{_TIMES}"
_PATTERN = f"^({_MONTHLY}|{_OTHERS})$"


def _read_rule(value: object) -> object:
    if not isinstance(value, str):
        message = "Write a rule as text, such as FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=30."
        raise ValueError(message)  # noqa: TRY004 - pydantic turns a ValueError into a problem
    value = value.strip()
    if is_block(value):
        read_block(value)  # says what is wrong with it: one that is right has become its fields before
    read_rule(value)
    return value.upper().removeprefix("RRULE:")


def _read_calendar(said: Any) -> Any:
    """Return a body with what a calendar's lines in its rule say as its fields; two that disagree are refused.

    The lines are the whole of an entry: what neither they nor a field say is as if it had never been said.

    Raises:
        ValidationError: they do, or the lines need a zone that nobody names; the rule is the wrong field.
    """
    rule = said.get("rule") if isinstance(said, dict) else None
    if not isinstance(rule, str) or not is_block(rule):
        return said
    try:
        block = read_block(rule)
    except ValueError:
        return said  # the field itself says why
    zone = said.get("zone") or block.zone
    fields: dict[str, Any] = {"rule": block.rule}
    unsaid: dict[str, Any] = {"starts_at": None, "ends_at": None, "exdates": []}
    if block.zone is not None:
        fields["zone"] = block.zone
    if block.starts_at is not None:
        if zone not in known_zones() and not block.starts_at.endswith("Z"):
            raise _wrong_rule(
                no_such_zone(str(zone)) if zone else "DTSTART is by the clock of a zone: name it as `zone`.", rule
            )
        fields["starts_at"] = start_in(block.starts_at, ZoneInfo(zone if zone in known_zones() else "UTC")).isoformat()
    if block.exdates:
        fields["exdates"] = list(block.exdates)
    for name in fields.keys() & said.keys() - {"rule"}:
        if not _is_same(name, said[name], fields[name]):
            raise _wrong_rule(f"`{name}` and the lines of the rule disagree: say it in one place.", rule)
    return unsaid | said | fields


def _wrong_rule(message: str, rule: str) -> ValidationError:
    fault = PydanticCustomError("calendar", "{said}", {"said": message})
    return ValidationError.from_exception_data("rule", [InitErrorDetails(type=fault, loc=("rule",), input=rule)])


def _is_same(name: str, one: Any, other: Any) -> bool:
    try:
        if name == "starts_at":
            return datetime.fromisoformat(one) == datetime.fromisoformat(other)
        if name == "exdates":
            return {read_exdate(said) for said in one} == set(other)
    except (TypeError, ValueError):
        return False
    return bool(one == other)


def _read_exdate(value: object) -> object:
    return read_exdate(value) if isinstance(value, str) else value


RuleText = Annotated[str, BeforeValidator(_read_rule), WithJsonSchema({"type": "string", "pattern": _PATTERN})]
ExDate = Annotated[
    str,
    BeforeValidator(_read_exdate),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}),
]
ZoneName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
RecurringTask = union_of(None, "Recurring", RecurringBody)

_RULE = (
    "RFC 5545's RRULE with FREQ (MINUTELY to YEARLY), INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSETPOS, WKST"
    ", and UNTIL or COUNT, which become the end; or a calendar's lines DTSTART, RRULE and EXDATE, which become the fields."
)
_EXDATES = "What is left out, as a calendar's EXDATE: a day, a time by the clock of the zone, or an instant."
_MISSED = "What was missed while nothing ran: left out, or made up once for all."
_OVERLAP = "While an earlier occurrence is not finished: left out, or one waits for its end."


class ScheduleBody(Body):
    """A recurring task."""

    task: RecurringTask  # type: ignore[valid-type]  # made above
    rule: RuleText = Field(description=_RULE)
    zone: ZoneName = Field(description="The IANA zone whose clock on the wall the rule means.")
    starts_at: Instant | None = Field(None, description="Not before this instant; else from now on.")
    ends_at: Instant | None = Field(None, description="Not after this instant.")
    missed: Missed = Field("skip", description=_MISSED)
    overlap: Overlap = Field("skip", description=_OVERLAP)
    exdates: list[ExDate] = Field([], max_length=MOST_EXDATES, description=_EXDATES)

    _calendar = model_validator(mode="before")(_read_calendar)

    def as_order(self) -> ScheduleOrder:
        """Return it as the use case takes it."""
        return ScheduleOrder(
            order_of(self.task),
            self.rule,
            self.zone,
            self.starts_at,
            self.ends_at,
            self.missed,
            self.overlap,
            tuple(self.exdates),
        )


class ScheduleChanges(Body):
    """Changes to a schedule; fields that are not named stay."""

    task: RecurringTask | None = None  # type: ignore[valid-type]  # made above
    rule: RuleText | None = Field(None, description=_RULE)
    zone: ZoneName | None = None
    starts_at: Instant | None = Field(None, description="null: from now on.")
    ends_at: Instant | None = Field(None, description="null: without an end.")
    missed: Missed | None = None
    overlap: Overlap | None = None
    exdates: list[ExDate] | None = Field(None, max_length=MOST_EXDATES, description=_EXDATES)
    paused: StrictBool | None = Field(None, description="Whether no slot comes; what came in a pause is left out.")

    _calendar = model_validator(mode="before")(_read_calendar)

    def as_change(self) -> ScheduleChange:
        """Return it as the use case takes it."""
        named = {name: getattr(self, name) for name in self.model_fields_set - {"task"}}
        columns = {name: value for name, value in named.items() if value is not None or name in {"starts_at", "ends_at"}}
        return ScheduleChange(columns, None if self.task is None else order_of(self.task))


_TIMING = {"rule": "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=30", "zone": "Europe/Berlin"}
SCHEDULE_EXAMPLES: dict[str, Any] = {
    spec.type: {"summary": f"A {spec.type}, twice a week", "value": {"task": example_of(spec), **_TIMING}}
    for spec in PUBLIC_TYPES
}
SCHEDULE_CHANGE_EXAMPLES: dict[str, Any] = {
    "later": {"summary": "An hour later", "value": {"rule": "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=10;BYMINUTE=30"}},
}
