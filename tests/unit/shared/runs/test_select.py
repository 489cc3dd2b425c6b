"""Does a run comment on the right posts, once each, and never with the same words?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outward_content import Measure, Problem
from shared.runs.select import Known, path_of, select
from shared.task_types.comment_run import FILLED, CommentRunPayload
from shared.task_types.discovery import FoundPost

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def at_most(most: int) -> Measure:
    """A platform that takes so many characters."""
    return lambda content: [Problem("text_too_long", "text", "Too long.")] if len(content.text) > most else []


KNOWN = Known(NOW, own=frozenset({"demo"}), commented=frozenset(), left_alone=frozenset(), measure=at_most(100))


def post(number: int, **more) -> FoundPost:
    plain = {
        "url": f"https://p.test/p/{number}",
        "author": f"person{number}",
        "text": "A bowl.",
        "likes": 10,
        "replies": None,
        "reposts": None,
        "views": None,
        "language": "en",
        "at": NOW - timedelta(hours=1),
    }
    return FoundPost(**(plain | more))


def run(*texts: str, **more) -> CommentRunPayload:
    return CommentRunPayload(query="#ceramics", texts=list(texts) or [f"Words {n}." for n in range(50)], **more)


@pytest.mark.parametrize(
    ("found", "wanted", "why"),
    [
        (post(1, author="Demo"), {}, "own"),
        (post(1, author="@demo"), {}, "own"),
        (post(1, at=NOW - timedelta(hours=25)), {"max_age_h": 24}, "too_old"),
        (post(1, at=None), {"max_age_h": 24}, "age_unknown"),
        (post(1, language="de"), {"languages": ["en"]}, "language"),
        (post(1, language=None), {"languages": ["en"]}, "language_unknown"),
        (post(1, likes=9), {"likes": {"min": 10}}, "likes"),
        (post(1, likes=11), {"likes": {"max": 10}}, "likes"),
        (post(1, likes=1), {"likes": {"max": 0}}, "likes"),
        (post(1, views=None), {"views": {"min": 1}}, "views"),
    ],
)
def test_a_post_is_left_out_for_the_first_reason_against_it(found: FoundPost, wanted: dict, why: str):
    selection = select([found], run(wanted=wanted), KNOWN)

    assert (selection.chosen, dict(selection.skipped)) == ([], {why: 1})


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (post(1, at=NOW - timedelta(hours=24)), {"max_age_h": 24}),
        (post(1, language="en-GB"), {"languages": ["EN"]}),
        (post(1, likes=0), {"likes": {"max": 0}}),
        (post(1, views=None), {"views": {}}),
        (post(1, at=None, language=None, likes=None), {}),
    ],
)
def test_what_is_within_the_bounds_is_taken(found: FoundPost, wanted: dict):
    assert len(select([found], run(wanted=wanted), KNOWN).chosen) == 1


def test_a_post_is_known_by_its_path_however_its_address_goes_on():
    known = Known(NOW, frozenset(), frozenset({"https://p.test/p/1"}), frozenset(), at_most(100))
    found = [post(1, url="https://p.test/p/1/?igsh=abc#top"), post(2), post(3, url="https://p.test/p/2/")]

    selection = select(found, run(), known)

    assert [path_of(one.post.url) for one in selection.chosen] == ["https://p.test/p/2"]
    assert dict(selection.skipped) == {"already_commented": 2}


def test_whoever_asked_to_be_left_alone_is_by_handle_and_by_domain():
    known = Known(NOW, frozenset(), frozenset(), frozenset({"@person1", "q.test"}), at_most(100))
    found = [post(1, author="@Person1"), post(2, url="https://sub.q.test/p/2"), post(3)]

    selection = select(found, run(), known)

    assert [one.post.author for one in selection.chosen] == ["person3"]
    assert dict(selection.skipped) == {"do_not_contact": 2}


def test_an_author_gets_as_many_comments_as_the_run_allows():
    found = [post(number, author="maple") for number in range(5)]

    assert len(select(found, run(), KNOWN).chosen) == 1
    assert len(select(found, run(wanted={"per_author": 3}), KNOWN).chosen) == 3


def test_texts_take_turns_and_are_filled_in():
    found = [post(number) for number in range(4)]

    selection = select(found, run("Well made, @{author}.", "More {query}!"), KNOWN)

    assert [one.text for one in selection.chosen] == [
        "Well made, @person0.",
        "More #ceramics!",
        "Well made, @person2.",
        "Well made, @person3.",
    ]


def test_without_words_left_there_is_no_comment():
    selection = select([post(1), post(2), post(3)], run("One.", "x" * 101), KNOWN)

    assert ([one.text for one in selection.chosen], dict(selection.skipped)) == (["One."], {"no_text_left": 2})


@pytest.mark.parametrize("text", ["Dear {name}", "Dear {author", "author}", "{}", "{{author}}", "{ author }"])
def test_braces_that_are_no_place_are_refused_by_the_model_and_by_its_schema(text: str):
    with pytest.raises(ValueError, match="no place that is filled in"):
        run(text)
    assert not re.search(FILLED, text)


@pytest.mark.parametrize("text", ["{author}", "Well, {author}: {query}!", "No place.", " x"])
def test_places_are_taken_by_both(text: str):
    assert run(text).texts == [text]
    assert re.search(FILLED, text)


AUTHORS = st.sampled_from(["demo", "maple", "birch", "oak", ""])
POSTS = st.lists(
    st.builds(
        post,
        st.integers(0, 9),
        author=AUTHORS,
        likes=st.none() | st.integers(0, 20),
        language=st.sampled_from([None, "en", "de"]),
        at=st.none() | st.integers(0, 50).map(lambda hours: NOW - timedelta(hours=hours)),
    ),
    max_size=20,
)


@given(
    POSTS, st.integers(1, 5), st.integers(1, 3), st.lists(st.sampled_from(["A", "B {author}", "C"]), min_size=1, max_size=4)
)
def test_every_post_is_either_taken_once_or_left_out_for_one_reason(posts, count, per_author, texts):
    selection = select(posts, run(*texts, count=count, wanted={"per_author": per_author}), KNOWN)

    assert len(selection.chosen) + selection.skipped.total() == len(posts)
    assert len(selection.chosen) <= count
    assert len({path_of(one.post.url) for one in selection.chosen}) == len(selection.chosen)
    assert len({one.text for one in selection.chosen}) == len(selection.chosen)
    assert all(one.post.author != "demo" for one in selection.chosen)
