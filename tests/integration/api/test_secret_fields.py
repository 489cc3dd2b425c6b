"""Does the look-out for secrets know every field of the API that carries one?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from api.main import create_app
from tests.support.canaries import GIVEN, SHOWN

SUSPECT = re.compile(r"pass|secret|token|key|target|code|ticket|credential|url")
# What is named like a secret and is none, with why.
HARMLESS = {
    "authorize_url": "the address that a person opens; what it begins is bound to the session",
    "code": "six digits that are good for half a minute; or the code of an error",
    "external_url": "where others see what was done",
    "post_url": "where something is to be done",
    "proof_url": "serves its workspace alone",
    "token_type": "the word Bearer",
    "url": "where a webhook is sent; its owner sees it",
}
# `target` is what was acted on in an answer about effects, and what may be shown in one about notifications.
SHOWN_AS = HARMLESS | {"target": "without what it keeps secret"}


def test_every_field_that_is_named_like_a_secret_is_looked_out_for_or_known_to_be_none(database):
    document = create_app(database).openapi()
    asked, answered = set[str](), set[str]()
    for operation in (one for path in document["paths"].values() for one in path.values() if isinstance(one, dict)):
        asked |= set(_fields(document, operation.get("requestBody", {})))
        for status, answer in operation.get("responses", {}).items():
            answered |= set(_fields(document, answer)) if status.startswith("2") else set()
    assert asked == GIVEN | (asked & HARMLESS.keys())
    assert answered == SHOWN | (answered & SHOWN_AS.keys())


def _fields(document: dict, described: dict) -> Iterator[str]:
    for content in described.get("content", {}).values():
        yield from (name for name in _names(document, content.get("schema", {}), set()) if SUSPECT.search(name))


def _names(document: dict, schema: dict, seen: set[str]) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            seen.add(name)
            yield from _names(document, document["components"]["schemas"][name], seen)
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _names(document, inner, seen)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *filter(None, [schema.get("items")])):
        yield from _names(document, inner, seen)
