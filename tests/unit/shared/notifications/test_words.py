"""Does a person read what happened, to what, and nothing without end?"""

from __future__ import annotations

from typing import get_args

import pytest

from shared.events import EventType
from shared.notifications.words import DEFAULT_TYPES, LONGEST_LINE, words_of


@pytest.mark.parametrize("kind", get_args(EventType))
def test_every_event_has_words(kind):
    title, body = words_of(kind, {}, None)

    assert title.startswith("Callsheet: ")
    assert body == kind


@pytest.mark.parametrize("kind", DEFAULT_TYPES)
def test_what_people_are_told_by_default_has_a_title_of_its_own(kind):
    assert kind not in words_of(kind, {}, None)[0]


def test_a_message_says_where_why_and_of_which_task():
    data = {"platform": "x", "account": "demo", "reason": "y" * 1000, "error": {"code": "lost", "message": "z"}, "other": 1}
    _, body = words_of("task.unknown", data, "id")

    assert body.splitlines() == [
        "task.unknown",
        "platform: x",
        "account: demo",
        f"reason: {'y' * LONGEST_LINE}",
        "error: z",
        "task: id",
    ]


def test_a_person_is_told_by_default_of_who_may_have_asked_to_be_left_alone():
    assert "do_not_contact.doubtful" in DEFAULT_TYPES
    title, body = words_of("do_not_contact.doubtful", {"platform": "x", "reason": "@maple wrote 'stop'"}, None)
    assert title == "Callsheet: Somebody may have asked to be left alone"
    assert "reason: @maple wrote 'stop'" in body


def test_without_an_event_it_is_a_test():
    assert words_of(None, None, None)[0] == "Callsheet: a test"
