"""Is a key the same whenever it is made, and in its platform's form?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID, uuid4

import pytest

from shared.engine.rules.effect_keys import KeyForm, key_for, lasts

TASK, MADE_AT = UUID("01a22d5f-c9fb-74b3-a1a6-3ca121f539d3"), datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC)
FORMS = {"hash": r"[0-9a-f]{32}", "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"}
FORMS["tid"] = r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}"


def test_every_form_is_known_here() -> None:
    assert set(FORMS) == set(get_args(KeyForm))


@pytest.mark.parametrize("form", get_args(KeyForm))
def test_a_key_has_its_form_and_is_the_same_whenever_it_is_made(form: KeyForm) -> None:
    key = key_for(form, TASK, "post", MADE_AT)
    assert re.fullmatch(FORMS[form], key)
    assert key == key_for(form, TASK, "post", MADE_AT)


@pytest.mark.parametrize("form", get_args(KeyForm))
def test_other_steps_and_tasks_have_other_keys(form: KeyForm) -> None:
    asked = [(TASK, f"post.{n}") for n in range(100)] + [(uuid4(), "post") for _ in range(100)]
    assert len({key_for(form, task, step, MADE_AT) for task, step in asked}) == 200


def test_a_tid_tells_the_second_in_which_the_task_was_made_and_sorts_by_it() -> None:
    number = 0
    for sign in key_for("tid", TASK, "post", MADE_AT):
        number = number * 32 + "234567abcdefghijklmnopqrstuvwxyz".index(sign)
    at = datetime.fromtimestamp((number >> 10) / 1_000_000, UTC)
    assert MADE_AT - timedelta(seconds=1) < at <= MADE_AT
    later = key_for("tid", uuid4(), "post", MADE_AT + timedelta(seconds=2))
    assert key_for("tid", TASK, "post", MADE_AT) < later


def test_a_call_must_end_while_the_platform_still_knows_the_key() -> None:
    assert lasts(MADE_AT, 3600, MADE_AT + timedelta(seconds=3590), 10)
    assert not lasts(MADE_AT, 3600, MADE_AT + timedelta(seconds=3591), 10)
