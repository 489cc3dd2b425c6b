"""In which hours may a task run? As a client writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Day = Literal["mo", "tu", "we", "th", "fr", "sa", "su"]


class TaskHours(BaseModel):
    """The hours in which a task may begin. Outside of them it waits, on every day."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    start: Clock = Field(alias="from", description="`HH:MM`; 00:00 is midnight.")
    to: Clock = Field(description="`HH:MM`, on the next day where it is not later.")
    zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = Field(
        None, description="An IANA zone; the persona's where there is none."
    )
    days: list[Day] | None = Field(None, min_length=1, max_length=7, description="On these days only; else on all.")
