"""Who asks to be left alone?"""

from __future__ import annotations

import pytest

from shared.do_not_contact.stop_words import stop_word_in


@pytest.mark.parametrize(
    "message",
    [
        "STOP", " stop. ", "Stop!!", "\uff33\uff34\uff2f\uff30", "Unsubscribe me from this, be quick about it",
        "Please stop writing to me, I have asked you twice already", "Don't contact me again", "don\u2019t message me",
        "Stopp", "Bitte nicht mehr schreiben", "Schreib mir nicht mehr", "Arrêtez de m'écrire", "No me escribas más",
        "Basta!", "Pare de me mandar mensagens", "Nie pisz do mnie", "хватит", "прекратите писать мне", "توقف",
        "やめてください。", "連絡しないでください", "不要再发消息给我", "수신거부", "그만 보내세요", "मुझे संदेश मत भेजो",
    ],
)  # fmt: skip
def test_a_message_that_begins_with_stop_words_is_heard(message: str):
    assert stop_word_in(message) is not None


@pytest.mark.parametrize(
    "message",
    [
        "", "   ", "Don't stop", "don't stop me now", "I could not stop laughing at this one", "Never stop creating!",
        "What a light in this one.", "Stopover in Lisbon", "Stop motion is such a wonderful craft, how do you do it?",
        "Hör bloß nicht auf damit", "Non stop Urlaub", "Nice! When do you stop by in Berlin?", "🙂",
    ],
)  # fmt: skip
def test_what_only_has_such_a_word_somewhere_is_not(message: str):
    assert stop_word_in(message) is None


def test_a_long_message_is_looked_at_in_its_beginning_only():
    assert stop_word_in("stop " + "x" * 100_000) is not None
    assert stop_word_in("x " * 1_000_000 + "stop") is None
