"""Which outward steps may a task do, and when are all of them done?"""

from __future__ import annotations

from dataclasses import replace

from shared.task_types.comment import SPEC
from shared.task_types.registry import names_where

THREAD = replace(SPEC, effects=("post", "first_comment"), numbered=("post",))


def test_a_numbered_step_comes_again_under_its_number_and_no_other_does():
    names = ("post", "post.2", "post.12", "first_comment", "post.1", "post.02", "post.x", "post.", "first_comment.2", "like")

    assert [name for name in names if THREAD.has_step(name)] == ["post", "post.2", "post.12", "first_comment"]


def test_of_numbered_steps_nobody_but_their_task_knows_that_the_last_one_is_done():
    assert SPEC.is_done_by({"comment"})
    assert not SPEC.is_done_by(set())
    assert not THREAD.is_done_by({"post", "first_comment"})


def test_these_types_are_completed_by_their_ledger_alone():
    assert sorted(names_where(lambda spec: spec.ends_with_its_step)) == ["comment", "dm"]
    assert not THREAD.ends_with_its_step
    assert not replace(SPEC, goes_on_by_id=True).ends_with_its_step
