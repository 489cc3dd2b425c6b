"""Is a text taken as people see it: one line break is one, and what shows nothing is empty?"""

from __future__ import annotations

import json
import re

import pytest
from pydantic import ValidationError

from shared.task_types.comment import CommentPayload
from shared.task_types.comment_run import FILLED, CommentRunPayload
from shared.task_types.discovery import DiscoveryPayload
from shared.task_types.dm import DmPayload
from shared.task_types.payload.referring import read_referring
from shared.task_types.video import VideoPayload
from shared.validation import SENT_LINE, SENT_TEXT, VISIBLE_TEXT

URL = "https://www.instagram.com/p/C1/"
# What looks empty: spaces of many scripts, marks that are not drawn, fillers, an empty Braille cell, tags.
EMPTY = [
    " ", "\t\n", "\u00a0",
    "\u2003", "\u3000", "\u200b", "\u200d\u200d", "\u2060", "\ufeff", "\u2800", "\u3164", "\u115f\u1160",
    "\uffa0", "\u034f", "\u00ad", "\u202e\u202c", "\u2066\u2069", "\ufe0f", "\U000e0041\U000e007f", "\x1b", "\u17b4",
    " \u200b\n\u2800 ",
]  # fmt: skip
SEEN = [
    "a", "\u6f22", "\U0001f44d", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "\u200f\u05e9", ".", "\u0967", "\u3164x", "e\u0301", "\u2764\ufe0f",
]  # fmt: skip


@pytest.mark.parametrize("text", EMPTY, ids=ascii)
def test_a_text_that_shows_nothing_is_refused(text: str):
    for make in (
        lambda: CommentPayload(post_url=URL, text=text),
        lambda: DmPayload(to="maple", text=text),
        lambda: VideoPayload(prompt=text),
        lambda: CommentRunPayload(query="#a", texts=[text]),
        lambda: CommentRunPayload(query=text, texts=["a"]),
    ):
        with pytest.raises(ValidationError):
            make()
    assert not re.fullmatch(FILLED, text)


@pytest.mark.parametrize("text", SEEN, ids=ascii)
def test_a_text_that_shows_something_is_taken_as_it_is(text: str):
    assert CommentPayload(post_url=URL, text=text).text == text
    assert CommentRunPayload(query="#a", texts=[text]).texts == [text]
    assert re.fullmatch(VISIBLE_TEXT, text)
    assert re.fullmatch(FILLED, text)


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\nb"),
        ("a\r\n\r\nb", "a\n\nb"),
        ("a\n\rb", "a\n\nb"),
        ("a\r\r\nb", "a\n\nb"),
        ("a\nb", "a\nb"),
    ],
)
def test_every_line_break_is_taken_as_one(written: str, taken: str):
    assert CommentPayload(post_url=URL, text=written).text == taken
    assert DmPayload.model_validate_json(json.dumps({"to": "maple", "text": written})).text == taken
    assert VideoPayload(prompt=written).prompt == taken
    assert CommentRunPayload(query="#a", texts=[written]).texts == [taken]


@pytest.mark.parametrize(
    ("payload", "field", "pattern"),
    [
        (CommentPayload, "text", SENT_TEXT),
        (DmPayload, "text", SENT_TEXT),
        (VideoPayload, "prompt", SENT_TEXT),
        (CommentRunPayload, "query", SENT_LINE),
        (DiscoveryPayload, "query", SENT_LINE),
    ],
)
def test_the_schema_says_that_a_text_must_show_something_and_steers_nothing(payload, field, pattern):
    assert payload.model_json_schema()["properties"][field]["pattern"] == pattern


PAYLOADS = [
    (CommentPayload, {"post_url": URL}, "text"),
    (DmPayload, {"to": "maple"}, "text"),
    (VideoPayload, {}, "prompt"),
    (DiscoveryPayload, {}, "query"),
    (CommentRunPayload, {"texts": ["a"]}, "query"),
]
# Those that steer a terminal, and marks of direction without their end.
REFUSED = [
    "a\x1b[2J", "a\x07", "a\x0bb", "a\x7f", "a\x85b", "a\x9b2J", "a\u202eb", "a\u202ab\nc\u202c", "a\u2066b", "a\u2069b",
    "a\u202cb", "a\u2067b\u202c", "\u202da\u2066b\u202c\u2069",
]  # fmt: skip
TAKEN = [
    "a\u200eb", "\u05e9\u05dc\u05d5\u05dd\u200f!", "\u0645\u0631\u062d\u0628\u0627 \u2066#clay\u2069",
    "\u202b\u05e9\u05dc\u05d5\u05dd\u202c", "\u2067\u202aa\u202c\u2069",
    "\U0001f468\u200d\U0001f469", "\U0001f3f4\U000e0067\U000e0062\U000e007f",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
@pytest.mark.parametrize(("payload", "more", "field"), PAYLOADS, ids=lambda one: getattr(one, "__name__", ""))
def test_what_steers_or_turns_what_is_shown_is_refused_when_it_is_ordered_and_still_read_where_it_is_stored(
    payload, more, field, text
):
    with pytest.raises(ValidationError) as caught:
        read_referring(payload, more | {field: text})
    assert [fault["loc"] for fault in caught.value.errors()] == [(field,)]
    assert getattr(payload.model_validate(more | {field: text}), field) == text


@pytest.mark.parametrize("text", TAKEN, ids=ascii)
@pytest.mark.parametrize(("payload", "more", "field"), PAYLOADS, ids=lambda one: getattr(one, "__name__", ""))
def test_what_languages_need_is_taken(payload, more, field, text):
    assert getattr(read_referring(payload, more | {field: text}), field) == text


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\rb", "a\r\nb", "a\u2028b"], ids=ascii)
def test_a_search_is_one_line_and_what_is_said_may_have_several(text: str):
    assert read_referring(CommentPayload, {"post_url": URL, "text": text})
    for payload, more in ((DiscoveryPayload, {}), (CommentRunPayload, {"texts": ["a"]})):
        with pytest.raises(ValidationError):
            read_referring(payload, more | {"query": text})
        assert payload.model_validate(more | {"query": text}).query == text


def test_a_text_of_several_is_refused_at_its_place():
    with pytest.raises(ValidationError) as caught:
        read_referring(CommentRunPayload, {"query": "#a", "texts": ["a", "b\x1b", "\u202ec"]})
    assert [fault["loc"] for fault in caught.value.errors()] == [("texts", 1), ("texts", 2)]
