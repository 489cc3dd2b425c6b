"""Is a wish to be left alone told from what only sounds like one, in ten languages?

The rules were made on `known.json`; `held_out.json` was written by somebody who had not seen them, and is only measured.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.do_not_contact.stop_words import opt_out_in

VECTORS = Path(__file__).parents[3] / "vectors" / "opt_out"
# Shares of the held-out sentences, measured once, before anybody who makes the rules had read them (39 of 50 wishes, 41 of
# 50 traps). Whoever changes the rules because of what stands there has new ones written.
HELD_OUT_STOPS = 0.78
HELD_OUT_PASSES = 0.82
LANGUAGES = {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ja", "tr"}


def sentences(name: str) -> list[dict[str, str]]:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def judged(text: str) -> str:
    wish = opt_out_in(text)
    return "pass" if wish is None else "doubtful" if wish.doubtful else "stop"


@pytest.mark.parametrize("sentence", sentences("known.json"), ids=lambda sentence: sentence["text"])
def test_each_sentence_the_rules_were_made_on_is_judged_as_it_is_meant(sentence: dict[str, str]):
    assert judged(sentence["text"]) == sentence["expect"], sentence["why"]


def test_the_known_sentences_are_ten_a_language_and_half_of_them_traps():
    known = sentences("known.json")
    for language in LANGUAGES:
        own = [one["expect"] for one in known if one["language"] == language]
        assert (len(own), own.count("stop")) == (10, 5), language
    assert len(known) == 10 * len(LANGUAGES)


def test_sentences_that_the_rules_have_not_seen_are_judged_no_worse_than_measured():
    held_out = sentences("held_out.json")
    wrong = [one | {"judged": judged(one["text"])} for one in held_out if judged(one["text"]) != one["expect"]]
    # Who is doubtful is not written to either, but only a plain stop counts; a trap is passed where it is judged as meant.
    stops = [one for one in held_out if one["expect"] == "stop"]
    traps = [one for one in held_out if one["expect"] != "stop"]
    recall = sum(judged(one["text"]) == "stop" for one in stops) / len(stops)
    passed = sum(judged(one["text"]) == one["expect"] for one in traps) / len(traps)
    not_stopped = sum(judged(one["text"]) != "stop" for one in traps) / len(traps)
    report = [f"stops heard {recall:.2f}, traps judged as meant {passed:.2f}, not taken for a plain stop {not_stopped:.2f}"]
    report += [f"{one['language']}: {one['text']!r} is {one['judged']}, meant {one['expect']}" for one in wrong]
    print("\n".join(report))  # noqa: T201 - what is measured is read with `pytest -s`
    assert recall >= HELD_OUT_STOPS
    assert passed >= HELD_OUT_PASSES
