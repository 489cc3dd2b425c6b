"""Which tasks must somebody approve?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.engine.rules.approval import Asking, Rule, decide, from_json, to_json

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
PERSONA = UUID(int=1)
AI_DM = Asking(PERSONA, "instagram", "dm", "ai")
PERSONS_DM = Asking(PERSONA, "instagram", "dm", "person")


def room(_rule: Rule) -> bool:
    return True


def test_without_a_rule_what_ai_wrote_needs_somebody_and_nothing_else_does():
    asked = decide([], AI_DM, NOW, room)
    assert (asked.required, asked.until) == (True, NOW + timedelta(days=7))
    assert not decide([], PERSONS_DM, NOW, room).required


@pytest.mark.parametrize(
    "narrow", [{"persona_id": UUID(int=2)}, {"platform": "x"}, {"type": "comment"}, {"author": "template"}]
)
def test_a_rule_is_about_what_it_names_only(narrow: dict):
    assert decide([Rule("no", "never", **narrow)], AI_DM, NOW, room).required


def test_the_first_rule_that_is_about_a_task_decides():
    rules = [Rule("theirs", "never", platform="x"), Rule("each", "each", type="dm", waits_s=60), Rule("all", "never")]
    assert decide(rules, PERSONS_DM, NOW, room).until == NOW + timedelta(seconds=60)
    assert not decide(rules[::-1], PERSONS_DM, NOW, room).required


def test_what_a_rule_approves_itself_ends_with_its_time_and_its_budget():
    rule = Rule("auto", "auto", until=NOW + timedelta(seconds=1))
    assert decide([rule], AI_DM, NOW, room).approved_by == "auto"
    full = decide([rule], AI_DM, NOW, lambda _: False)
    assert (full.required, full.approved_by) == (True, None)
    late = decide([rule], AI_DM, NOW + timedelta(seconds=1), room)
    assert (late.required, late.approved_by) == (True, None)
    assert not decide([rule], PERSONS_DM, NOW + timedelta(seconds=1), room).required


def test_rules_are_stored_as_they_are():
    rules = [Rule("a", "auto", persona_id=PERSONA, until=NOW, most=3, window_s=60), Rule("b", "never")]
    assert from_json(to_json(rules)) == rules
