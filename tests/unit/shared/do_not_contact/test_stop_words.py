"""Who asks to be left alone?"""

from __future__ import annotations

import pytest

from shared.do_not_contact.stop_words import OptOut, opt_out_in


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
def test_a_message_that_asks_to_be_left_alone_is_heard(message: str):
    wish = opt_out_in(message)
    assert wish is not None
    assert not wish.doubtful


@pytest.mark.parametrize(
    "message",
    [
        "", "   ", "Don't stop", "don't stop me now", "I could not stop laughing at this one", "Never stop creating!",
        "What a light in this one.", "Stopover in Lisbon", "Stop motion is such a wonderful craft, how do you do it?",
        "Hör bloß nicht auf damit", "Non stop Urlaub", "Nice! When do you stop by in Berlin?", "🙂",
    ],
)  # fmt: skip
def test_what_only_has_such_a_word_somewhere_is_not(message: str):
    assert opt_out_in(message) is None


@pytest.mark.parametrize(
    "message",
    [
        "Chega amanhã?", "¿Baja el precio?", "No more in stock?", "Stop I love this", "Basta un click?", "Alto nivel!",
        "Yeter mi?", "Quit smoking with this?", "Abmelden vom Kurs möglich?", "그만큼 좋아요", "Deja de ser tan increíble",
    ],
)  # fmt: skip
def test_an_everyday_word_is_no_wish_unless_it_is_the_whole_message(message: str):
    assert opt_out_in(message) is None


@pytest.mark.parametrize(
    "message", ["Hi! Please stop messaging me", "Thanks but stop", "Hi, sorry, but please stop", "No grazie. Basta"]
)
def test_greetings_and_courtesies_are_passed_over(message: str):
    assert opt_out_in(message) in {OptOut("stop messaging me"), OptOut("stop"), OptOut("basta")}


@pytest.mark.parametrize(
    "message",
    [
        "Stop! You won't believe what I found", "Unsubscribe?", "Not interested", "Please stop messaging me haha",
        "Why don't you stop messaging me?", "Don't message me before noon",
    ],
)  # fmt: skip
def test_what_may_be_meant_either_way_is_doubtful(message: str):
    wish = opt_out_in(message)
    assert wish is not None
    assert wish.doubtful


def test_of_a_long_message_the_beginning_counts_and_what_follows_is_doubtful():
    much = "I saw your pictures of the garden last week. " * 5
    assert opt_out_in(f"Stop messaging me. {much}") == OptOut("stop messaging me")
    assert opt_out_in(f"{much} Stop messaging me.") == OptOut("stop messaging me", doubtful=True)
    assert opt_out_in("stop messaging me " + "x" * 100_000) is not None
    assert opt_out_in("x " * 1_000_000 + "stop") is None
