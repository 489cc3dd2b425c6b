"""Which types can a field of a payload or of a result have, and does a value of one fit into another?

Models give their types as JSON schemas; a place in one leads through objects by name and through lists by number. What a
type does not express (a text's length, a number's range) is checked when the value is there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

Place = tuple[str | int, ...]
Schema = dict[str, Any]

_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
# Possible texts for a pattern, where just some text must replace one that is not known yet.
_TEXTS = ("a", "a1", "http://127.0.0.1/a/", "https://example.com/a", "12:00", "2000-01-01", "aaaaaaaa")
_FORMATS = {
    "uuid": "00000000-0000-0000-0000-000000000000",
    "date-time": "2000-01-01T00:00:00Z",
    "date": "2000-01-01",
    "uri": "https://example.com/",
}


class Types:
    """The types allowed at one place: the variants of its schema, without null."""

    def __init__(self, root: Schema, schemas: Sequence[Schema]) -> None:
        self.root = root
        self.variants = [variant for schema in schemas for variant in self._variants(schema)]

    def at(self, place: Sequence[str | int]) -> Types | None:
        """Return what may stand further in; None where there is no such place."""
        found = self
        for step in place:
            found = Types(self.root, [below for one in found.variants for below in _below(one, step)])
            if not found.variants:
                return None
        return found

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of JSON that may stand there; empty where anything may."""
        return frozenset(kind for one in self.variants for kind in _kinds(one))

    @property
    def names(self) -> list[str]:
        """Return the names below this place."""
        return sorted({name for one in self.variants for name in one.get("properties", ())})

    def takes(self, other: Types, *, as_text: bool = True) -> bool:
        """Return whether some value of the other type fits here, as it is or, with `as_text`, as text where text fits."""
        return any(self._fits(own, one, other, as_text=as_text) for own in self.variants for one in other.variants)

    def describe(self) -> str:
        """Return in words what may stand there."""
        said = [_word(one) for one in self.variants]
        return " or ".join(dict.fromkeys(said)) or "nothing"

    def sample(self) -> Any:
        """Return a value that may stand there; None where none is known."""
        return next((made for one in self.variants if (made := self._sample(one)) is not None), None)

    def _variants(self, schema: Schema) -> list[Schema]:
        while "$ref" in schema:
            schema = self.root["$defs"][schema["$ref"].rpartition("/")[2]]
        for union in ("anyOf", "oneOf", "allOf"):
            if union in schema:
                return [variant for one in schema[union] for variant in self._variants(one)]
        return [] if schema.get("type") == "null" else [schema]

    def _fits(self, own: Schema, one: Schema, other: Types, *, as_text: bool) -> bool:
        mine, theirs = _kinds(own), _kinds(one)
        if not mine or not theirs:
            return True
        if "array" in mine & theirs:
            return self.items_of(own).takes(other.items_of(one), as_text=False)
        if "object" in mine & theirs:
            return all(self._takes_field(own, name, one, other) for name in own.get("required", ()))
        if "string" in mine & theirs:
            return own.get("format") in {None, one.get("format")} and _shares(own, one)
        if theirs & mine or (theirs == {"integer"} and "number" in mine):
            return _shares(own, one)
        return as_text and "string" in mine and theirs <= _SCALARS and not {"format", "enum", "const"} & own.keys()

    def items_of(self, schema: Schema) -> Types:
        """Return what may stand in a list of this schema."""
        return Types(self.root, [*schema.get("prefixItems", ()), *([schema["items"]] if "items" in schema else [])] or [{}])

    def _takes_field(self, own: Schema, name: str, one: Schema, other: Types) -> bool:
        theirs = Types(other.root, _below(one, name))
        return bool(theirs.variants) and Types(self.root, _below(own, name)).takes(theirs, as_text=False)

    def _sample(self, schema: Schema) -> Any:
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else schema["enum"][0]
        kinds = _kinds(schema)
        if "array" in kinds:
            first = [Types(self.root, [one]).sample() for one in schema.get("prefixItems", ())]
            return first or [Types(self.root, [schema.get("items", {})]).sample()] * schema.get("minItems", 0)
        if "object" in kinds:
            return {name: Types(self.root, _below(schema, name)).sample() for name in schema.get("required", ())}
        if "string" in kinds:
            return _text(schema)
        if "boolean" in kinds:
            return False
        return _number(schema)


_KNOWN: dict[type[BaseModel], Types] = {}


def types_of(model: type[BaseModel]) -> Types:
    """Return what a model's fields may be, as they are taken or answered in JSON."""
    if model not in _KNOWN:
        schema = model.model_json_schema()
        _KNOWN[model] = Types(schema, [schema])
    return _KNOWN[model]


def kind_of(value: Any) -> str:
    """Return the kind of JSON that a value is."""
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def place_name(field: str, place: Sequence[str | int]) -> str:
    """Return how a place is named: `payload.parts[0].text`."""
    return (field + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)).removeprefix(".")


def _kinds(schema: Schema) -> frozenset[str]:
    if "type" in schema:
        said = schema["type"]
        return frozenset({said} if isinstance(said, str) else said) - {"null"}
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return frozenset(map(kind_of, values))


def _below(schema: Schema, step: str | int) -> list[Schema]:
    """Return the schemas of what stands at one step further in; none where nothing may."""
    kinds = _kinds(schema)
    if not kinds:
        return [schema]
    if isinstance(step, int) or (step.isdigit() and "array" in kinds):
        return _item(schema, int(step)) if "array" in kinds else []
    if "object" not in kinds:
        return []
    if step in schema.get("properties", {}):
        return [schema["properties"][step]]
    further = schema.get("additionalProperties", "properties" not in schema)
    names = schema.get("propertyNames", {}).get("enum")
    if not further or (names is not None and step not in names):
        return []
    return [further if isinstance(further, dict) else {}]


def _item(schema: Schema, number: int) -> list[Schema]:
    first = schema.get("prefixItems", [])
    if number < len(first):
        return [first[number]]
    return [] if number >= schema.get("maxItems", number + 1) else [schema.get("items", {})]


def _shares(own: Schema, one: Schema) -> bool:
    """Return whether two closed lists of values have one in common; a list that is not closed may have any."""
    mine, theirs = (set(map(str, s.get("enum", [s["const"]] if "const" in s else []))) for s in (own, one))
    return not mine or not theirs or bool(mine & theirs)


def _word(schema: Schema) -> str:
    if schema.get("format") == "uuid":
        return "an id"
    return " or ".join(_WORDS[kind] for kind in sorted(_kinds(schema)) if kind in _WORDS) or "anything"


def _text(schema: Schema) -> str | None:
    if "format" in schema:
        return _FORMATS.get(schema["format"])
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 1_000_000)
    fitting = (one for one in _TEXTS if shortest <= len(one) <= longest and re.search(schema.get("pattern", ""), one))
    return next(fitting, None)


def _number(schema: Schema) -> int | float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    number: int | float = min(least, schema.get("maximum", least))
    return number
