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
from shared.task_types.video import VideoPayload
from shared.validation import VISIBLE_TEXT

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
    ("payload", "field"),
    [
        (CommentPayload, "text"),
        (DmPayload, "text"),
        (VideoPayload, "prompt"),
        (CommentRunPayload, "query"),
        (DiscoveryPayload, "query"),
    ],
)
def test_the_schema_says_that_a_text_must_show_something(payload, field):
    assert payload.model_json_schema()["properties"][field]["pattern"] == VISIBLE_TEXT
