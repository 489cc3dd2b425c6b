"""What does the history say an effect acted on?"""

from __future__ import annotations

import pytest

from cli.history import target_of


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ({"target": "maple", "content": None}, "maple"),
        ({"target": "10 s 9:16"}, "10 s 9:16"),  # of a release that packed it so
        ({"target": "", "content": {"options": {"seconds": 8, "aspect": "9:16"}}}, "seconds 8, aspect 9:16"),
        ({"target": "", "content": None}, ""),
    ],
)
def test_a_film_is_named_by_its_format_and_everything_else_by_its_target(effect: dict, said: str):
    assert target_of(effect) == said
