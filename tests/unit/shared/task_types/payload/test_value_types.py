"""Is a type known by its model, and does one fit into another?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

from shared.task_types.payload.value_types import types_of
from shared.task_types.registry import PUBLIC_TYPES


class Part(BaseModel):
    """A part."""

    name: str
    size: int | None


class Everything(BaseModel):
    """One field of each kind."""

    text: str
    short: Annotated[str, StringConstraints(pattern="^[a-z]{1,3}$", max_length=3)]
    word: Literal["a", "b"]
    other_word: Literal["b", "c"]
    third_word: Literal["d"]
    id: UUID
    at: datetime
    whole: int
    length: Literal[4, 8]
    number: float
    truth: bool
    texts: list[str]
    ids: list[UUID]
    numbers: list[int]
    pair: tuple[float, float]
    part: Part
    parts: list[Part]
    counts: dict[str, int]
    maybe: UUID | None
    anything: Any


TYPES = types_of(Everything)
PLACES = [(name,) for name in Everything.model_fields]


@pytest.mark.parametrize(
    ("place", "kinds"),
    [
        (("text",), {"string"}),
        (("maybe",), {"string"}),
        (("length",), {"integer"}),
        (("parts", "0", "size"), {"integer"}),
        (("parts", 3, "name"), {"string"}),
        (("pair", "1"), {"number"}),
        (("counts", "own"), {"integer"}),
        (("anything", "a", "0"), set()),
    ],
)
def test_a_place_leads_through_objects_by_name_and_through_lists_by_number(place, kinds):
    found = TYPES.at(place)
    assert found is not None
    assert found.kinds == kinds


@pytest.mark.parametrize(
    "place", [("nothing",), ("text", "a"), ("parts", "name"), ("part", "0"), ("pair", "2"), ("whole", "0")]
)
def test_what_is_not_there_has_no_type(place):
    assert TYPES.at(place) is None


FITS = {
    "text": "text short word other_word third_word id at whole length number truth maybe",
    "short": "text short word other_word third_word id at whole length number truth maybe",
    "word": "text short word other_word id at maybe",
    "id": "id maybe",
    "maybe": "id maybe",
    "at": "at",
    "whole": "whole length",
    "length": "whole length",
    "number": "whole length number",
    "truth": "truth",
    "texts": "texts ids",
    "ids": "ids",
    "numbers": "numbers",
    "pair": "numbers pair",
    "part": "part",
    "parts": "parts",
}


@pytest.mark.parametrize("name", FITS)
def test_a_type_takes_what_can_be_one_of_its_values(name: str):
    takes = TYPES.at((name,))
    assert takes is not None
    fitting = {place[0] for place in PLACES if (other := TYPES.at(place)) is not None and takes.takes(other)}
    assert fitting - {"anything", "counts"} == set(FITS[name].split())
    assert "anything" in fitting


@pytest.mark.parametrize("name", sorted(set(Everything.model_fields) - {"anything"}))
def test_a_sample_is_a_value_of_its_type(name: str):
    field = Everything.model_fields[name]
    annotation: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    TypeAdapter(annotation).validate_python(TYPES.at((name,)).sample())


@pytest.mark.parametrize("spec", PUBLIC_TYPES, ids=lambda spec: spec.type)
def test_every_required_field_of_a_public_type_has_a_sample(spec):
    types = types_of(spec.payload)
    required = {name for name, field in spec.payload.model_fields.items() if field.is_required()}
    said = {name: types.at((name,)).sample() for name in required}
    assert spec.payload.model_validate(said)


def test_a_field_says_in_words_what_it_takes():
    class Words(BaseModel):
        id: UUID
        either: int | list[str] = Field(0)

    said = types_of(Words)
    assert (said.at(("id",)).describe(), said.at(("either",)).describe()) == ("an id", "a whole number or a list")
