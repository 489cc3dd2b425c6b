"""Does what AI wrote end with its persona's disclosure, once?"""

from __future__ import annotations

import pytest

from shared.task_types.comment import CommentPayload
from shared.task_types.probe import ProbePayload
from shared.tasks.drafting.disclosure import closed_with, disclosed

WORDS = "(written by AI)"
COMMENT = CommentPayload(post_url="https://www.instagram.com/p/C1/", text="What a light.")


@pytest.mark.parametrize(
    ("text", "disclosure", "closed"),
    [
        ("What a light.", WORDS, f"What a light.\n{WORDS}"),
        ("What a light. \n", WORDS, f"What a light.\n{WORDS}"),
        ("What a light.", f"  {WORDS}\n", f"What a light.\n{WORDS}"),
        (f"What a light.\n{WORDS}", WORDS, f"What a light.\n{WORDS}"),
        (f"What a light. {WORDS} ", WORDS, f"What a light. {WORDS} "),
        (f"{WORDS} What a light.", WORDS, f"{WORDS} What a light.\n{WORDS}"),
        ("What a light. ", "", "What a light. "),
        ("What a light.", "  ", "What a light."),
    ],
)
def test_a_text_is_closed_once(text: str, disclosure: str, closed: str):
    assert closed_with(text, disclosure) == closed
    assert closed_with(closed, disclosure) == closed


def test_only_what_ai_wrote_is_closed():
    assert disclosed(COMMENT, "ai", WORDS) == COMMENT.model_copy(update={"text": f"What a light.\n{WORDS}"})
    for author in ("person", "template", None):
        assert disclosed(COMMENT, author, WORDS) == COMMENT
    probe = ProbePayload(lane="system")
    assert disclosed(probe, "ai", WORDS) == probe
