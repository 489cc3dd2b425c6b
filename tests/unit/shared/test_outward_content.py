"""When are two contents the same, and are they kept as they are?"""

from __future__ import annotations

import pytest

from shared.outward_content import (
    CommentContent,
    Content,
    FilmContent,
    FilmOptions,
    MessageContent,
    beside_text,
    fingerprint,
    read_content,
    words_in,
)

# As releases before this one wrote it: SHA-256 of the folded words.
HELLO = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"


def test_a_text_alone_has_the_fingerprint_that_it_always_had() -> None:
    for same in ("hello world", "Hello  WORLD\n", " hello\tworld "):
        assert fingerprint(CommentContent(text=same)) == HELLO
        assert fingerprint(MessageContent(text=same)) == HELLO


@pytest.mark.parametrize(
    "other",
    [
        CommentContent(text="hello world", media=("m1",)),
        CommentContent(text="hello world", media=("m2",)),
        CommentContent(text="hello world", media=("m1", "m2")),
        CommentContent(text="hello world", media=("m2", "m1")),
        CommentContent(text="hello world", link="https://example.com/"),
        CommentContent(text="hello world", reply_to="https://example.com/"),
        FilmContent(text="hello world", options=FilmOptions(8, "9:16")),
        FilmContent(text="hello world", options=FilmOptions(8, "16:9")),
        FilmContent(text="hello world", options=FilmOptions(10, "9:16")),
    ],
)
def test_everything_besides_the_words_makes_another_fingerprint_with_the_same_words(other: Content) -> None:
    assert fingerprint(other) != HELLO
    assert words_in(fingerprint(other)) == HELLO
    assert read_content(other.action, other.text, beside_text(other)) == other
    assert len({fingerprint(other), fingerprint(CommentContent(text="hello world", media=("m9",)))}) == 2


def test_a_text_alone_has_nothing_beside_it() -> None:
    assert beside_text(CommentContent(text="Hello")) is None
    assert read_content("comment", "Hello", None) == CommentContent(text="Hello")


def test_an_action_that_nobody_knows_here_is_read_as_its_text() -> None:
    assert read_content("wave", "Hello", None) == Content(text="Hello")
