"""When are two names the same to people?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotFound
from shared.names import find_name, folded, known_names, require_name

KNOWN = ("instagram", "threads", "tiktok", "x")


@pytest.mark.parametrize(
    "written",
    [
        "instagram",
        "Instagram",
        "INSTAGRAM",
        "  instagram ",
        "insta\u00adgram",
        "\u200einstagram",
        "\u202ainstagram\u202c",
        "insta\u200bgram",
        "\ufeffinstagram",
        "ins\u2060tagram",
        "insta\u3164gram",
        "instagram\ufe0f",
        "\uff49nstagram",
        "\U0001d422nstagram",
        "i\u034fnstagram",
    ],
)
def test_a_name_is_compared_as_people_read_it(written: str):
    assert find_name(written, KNOWN) == "instagram"


@pytest.mark.parametrize("written", ["", "thread", "threads2", "instagrm", "\u0456nstagram", "inst agram", "twitter", "*"])
def test_another_name_is_another_name(written: str):
    assert find_name(written, KNOWN) is None


@pytest.mark.parametrize(("one", "other"), [("Zoe\u0308", "zoë"), ("Straße", "STRASSE"), ("ﬁn", "FIN"), ("Å", "a\u030a")])
def test_composed_letters_and_others_are_the_same(one: str, other: str):
    assert folded(one) == folded(other)


def test_an_alias_is_the_name_that_it_stands_for():
    assert require_name("platform", "Twitter", KNOWN, field="platform", aliases={"twitter": "x"}) == "x"


def test_a_name_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(NotFound) as refused:
        require_name("platform", "thread", KNOWN, field="scope")
    assert refused.value.message == "There is no platform 'thread'; there are instagram, threads, tiktok, x."
    assert refused.value.field == "scope"


def test_a_long_list_of_names_is_cut():
    assert known_names(f"n{number:03}" for number in range(100)).endswith("n059 and 40 more")


@given(st.text(max_size=30))
def test_folding_what_is_folded_changes_nothing(text: str):
    assert folded(folded(text)) == folded(text)


@given(
    st.sampled_from(KNOWN), st.lists(st.sampled_from("\u200b\u200e\u200f\u202a\u2066\u2069\u00ad\ufeff\u2060"), max_size=5)
)
def test_what_is_unseen_never_makes_another_name(name: str, unseen: list[str]):
    hidden = "".join(unseen).join(name.upper())
    assert find_name(hidden, KNOWN) == name
