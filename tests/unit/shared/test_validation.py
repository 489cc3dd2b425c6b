"""Are our own words said as they were written, and pydantic's as they are?"""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from shared.validation import SHOWS_NOTHING, VISIBLE_TEXT, message_of


def _refuse(value: object) -> object:
    raise ValueError("Write it otherwise.")


def _assert(value: object) -> object:
    raise AssertionError("It is never so.")


def _refuse_by_name(value: object) -> object:
    raise PydanticCustomError("no_such_name", "{said}", {"said": "Value error, is no name."})


class Before(BaseModel):
    value: Annotated[str, BeforeValidator(_refuse)]


class After(BaseModel):
    value: Annotated[str, AfterValidator(_refuse)]


class Whole(BaseModel):
    value: str

    @model_validator(mode="after")
    def check(self) -> Whole:
        raise ValueError("Both together say nothing.")


class Asserted(BaseModel):
    value: Annotated[str, AfterValidator(_assert)]


class Named(BaseModel):
    value: Annotated[str, BeforeValidator(_refuse_by_name)]


class Shown(BaseModel):
    value: Annotated[str, StringConstraints(pattern=VISIBLE_TEXT)]


class Number(BaseModel):
    value: int


@pytest.mark.parametrize(
    ("model", "value", "message"),
    [
        (Before, "x", "Write it otherwise."),
        (After, "x", "Write it otherwise."),
        (Whole, "x", "Both together say nothing."),
        (Asserted, "x", "It is never so."),
        (Named, "x", "Value error, is no name."),
        (Shown, "\u200b", SHOWS_NOTHING),
        (Number, "x", "Input should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_a_fault_says_what_its_validator_said(model: type[BaseModel], value: str, message: str):
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"value": value})
    assert [message_of(fault) for fault in caught.value.errors()] == [message]
