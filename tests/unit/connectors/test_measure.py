"""What do platforms never take, counted as they count?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract.content import CommentContent, Content, FilmContent, FilmOptions, MessageContent, Problem
from connectors.contract.emoji import EMOJI
from connectors.instagram.measure import utf8_length
from connectors.openai_videos.mapping import SIZES
from connectors.openai_videos.measure import ASPECTS as SIZES_OFFERED
from connectors.registry import MANIFESTS, measure_of
from connectors.runway.mapping import RATIOS
from connectors.runway.measure import ASPECTS as RATIOS_OFFERED
from connectors.runway.measure import utf16_units
from connectors.sora.measure import ASPECTS as ORIENTATIONS_OFFERED
from connectors.sora.measure import SECONDS as DURATIONS_OFFERED
from connectors.sora.pages.drafts import DURATIONS, ORIENTATIONS
from connectors.threads.measure import length
from connectors.x.measure import weight
from shared.errors import NotConfigured

FAMILY, FLAG, KEYCAP, TONE = "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "👍🏽"
# By twitter-text 3 and its conformance tests; an address is 23.
WEIGHTS = [
    ("", 0),
    ("This is a test.", 15),
    ("a" * 280, 280),
    ("日本", 4),
    ("저찀쯿쿿", 8),
    ("のの", 4),
    ("Ünïcödé", 7),
    ("Cafe\u0301", 4),
    ("A\u030a", 1),
    ("Привет", 6),
    ("שלום", 4),
    ("—", 1),
    ("…", 2),
    ("“so”", 4),
    ("€", 2),
    ("zero\u200bwidth", 10),
    ("👍", 2),
    (TONE, 2),
    (FAMILY, 2),
    (FLAG, 2),
    (FLAG * 2, 4),
    (KEYCAP, 2),
    ("#\u20e3", 2),
    ("1", 1),
    ("❤️", 2),
    ("❤️‍🔥", 2),
    ("☺", 2),
    ("☺️", 2),
    ("©", 1),
    ("©️", 2),
    ("🏳️‍🌈", 2),
    ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2),
    ("👩🏽‍🚀", 2),
    ("👩🏽‍❤️‍💋‍👨🏿", 2),
    ("😀😀", 4),
    ("😀a😀", 5),
    ("H🐱☺", 5),
    ("\U0001d4b3", 2),
    ("http://test.com", 23),
    ("https://test.com", 23),
    ("HTTPS://www.ExaMPLE.COM/index.html", 23),
    ("test.com", 23),
    ("example.com", 23),
    ("www.example.com", 23),
    ("t.co", 23),
    ("foo.co.jp", 23),
    ("example.com/path/to/resource?search=foo&lang=en", 23),
    ("see https://example.com/a/very/long/path/that/goes/on", 27),
    ("Test https://test.com test https://test.com test.com test", 86),
    ("(https://example.com/a)", 25),
    ("https://en.wikipedia.org/wiki/Glaze_(ceramics)", 23),
    ("[example.com]", 25),
    ("Read example.com.", 29),
    ("Read example.com, then", 34),
    ("日本example.com日本", 31),
    ("https://☃.net/", 23),
    ("https://münchen.de/ü", 23),
    ("münchen.de", 23),
    ("https://пример.рф/путь", 23),
    ("пример.рф", 9),
    ("https://xn--e1afmkfd.xn--p1ai", 23),
    ("https://example.com:8080/login.php", 23),
    ("me@example.com", 14),
    ("first.last@example.com", 22),
    ("@example.com", 12),
    ("#example.com", 12),
    ("e.g. this", 9),
    ("3.5 of 4.0", 10),
    ("node.js", 7),
    ("end.Next", 23),
    ("end.Thus", 8),
    ("https://localhost:3000", 22),
    ("http://192.168.0.1/index.html", 29),
    ("ftp://www.example.com/", 22),
    (f"{FAMILY}example.com{FAMILY}", 27),
    ("a" * 250 + " https://example.com/" + "b" * 60, 274),
]


@pytest.mark.parametrize(("text", "weighs"), WEIGHTS)
def test_a_text_weighs_what_it_weighs_on_x(text: str, weighs: int) -> None:
    assert weight(text) == weighs


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("a" * 500, 500),
        ("日本", 2),
        ("😀", 4),
        (FAMILY, 25),
        (FLAG, 8),
        (KEYCAP, 7),
        (TONE, 8),
        ("❤️", 6),
        ("✨", 3),
        ("✓", 1),
        ("\U0001d4b3", 1),
        ("Cafe\u0301", 5),
    ],
)
def test_threads_counts_emoji_by_their_bytes_and_every_other_sign_once(text: str, counts: int) -> None:
    assert length(text) == counts


@pytest.mark.parametrize(
    ("platform", "content", "value", "limit"),
    [
        ("x", CommentContent(text="漢" * 200), 400, 280),
        ("x", CommentContent(text="😀" * 141), 282, 280),
        ("x", MessageContent(text="a" * 1001), 1001, 1000),
        ("threads", CommentContent(text="😀" * 126), 504, 500),
        ("instagram", MessageContent(text="漢" * 400), 1200, 1000),
        ("instagram", CommentContent(text="漢" * 2201), 2201, 2200),
        ("tiktok", CommentContent(text="a" * 151), 151, 150),
        ("runway", FilmContent(text="😀" * 501, options=FilmOptions(8, "9:16")), 1002, 1000),
    ],
)
def test_what_is_too_long_says_so_with_what_was_counted(platform: str, content: Content, value: int, limit: int) -> None:
    [problem] = measure_of(platform)(content)
    assert (problem.code, problem.field, problem.value, problem.limit) == ("text_too_long", "text", value, limit)
    assert str(limit) in problem.message
    assert str(value) in problem.message


ACTIONS = [
    pytest.param(platform, one.name, id=f"{platform}-{one.name}-{one.transport}")
    for platform, manifest in MANIFESTS.items()
    for one in manifest.capabilities
    if one.kind == "action"
]


def said(platform: str, action: str, text: str) -> Content:
    if action == FilmContent.action:
        capability = next(one for one in MANIFESTS[platform].capabilities if one.name == action)
        return FilmContent(text=text, options=FilmOptions(capability.seconds[0], "9:16"))
    return {one.action: one for one in (CommentContent, MessageContent)}[action](text=text)


@pytest.mark.parametrize(("platform", "action"), ACTIONS)
def test_the_manifest_names_the_limit_that_is_measured_with_its_unit(platform: str, action: str) -> None:
    capability = next(one for one in MANIFESTS[platform].capabilities if one.name == action)
    measure = measure_of(platform)
    assert list(measure(said(platform, action, "x" * capability.max_text))) == []
    [problem] = measure(said(platform, action, "x" * (capability.max_text + 1)))
    assert problem.limit == capability.max_text
    assert capability.text_unit in problem.message


@pytest.mark.parametrize(("platform", "action"), ACTIONS)
@pytest.mark.parametrize("text", ["\u200b\u2060", " \n\t ", "\u2800", "\u3164", ""])
def test_what_nobody_could_see_can_never_be_sent(platform: str, action: str, text: str) -> None:
    assert [problem.code for problem in measure_of(platform)(said(platform, action, text))] == ["empty_text"]


@pytest.mark.parametrize("platform", ["x", "threads", "instagram", "tiktok"])
def test_what_a_connector_would_leave_out_is_a_problem_and_not_left_out_in_silence(platform: str) -> None:
    content = CommentContent(text="Hello", media=("m1",), link="https://example.com/", reply_to="7")
    assert [problem.field for problem in measure_of(platform)(content)] == ["media", "link", "reply_to"]


@pytest.mark.parametrize("platform", sorted(MANIFESTS))
def test_what_a_platform_does_not_do_can_never_be_sent_there(platform: str) -> None:
    assert [problem.code for problem in measure_of(platform)(Content(text="Hello"))] == ["unsupported"]


def test_a_format_that_nobody_makes_is_a_problem_of_its_field() -> None:
    found = measure_of("sora")(FilmContent(text="Waves.", options=FilmOptions(8, "1:1")))
    said = "Sora makes 10, 15, 25 seconds in 16:9 or 9:16, not 8 s 1:1."
    assert found == [
        Problem("format_unsupported", "options.seconds", said, 8, "10, 15, 25"),
        Problem("format_unsupported", "options.aspect", said, "1:1", "16:9, 9:16"),
    ]


def test_every_format_that_is_offered_has_its_word_at_the_maker() -> None:
    assert set(SIZES) == set(SIZES_OFFERED)
    assert set(RATIOS) == set(RATIOS_OFFERED)
    assert (set(DURATIONS), set(ORIENTATIONS)) == (set(DURATIONS_OFFERED), set(ORIENTATIONS_OFFERED))


def test_a_platform_without_a_connector_measures_nothing() -> None:
    with pytest.raises(NotConfigured):
        measure_of("nowhere")


@given(st.text(max_size=300))
def test_every_text_is_measured_within_its_bounds(text: str) -> None:
    assert 0 <= weight(text) <= 23 * max(1, len(text))
    assert len(text) <= length(text) <= utf8_length(text) + len(EMOJI.findall(text))
    assert len(text) <= utf16_units(text) <= 2 * len(text)
