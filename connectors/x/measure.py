"""What does X never take? Texts are weighed as X does: figures and grammar of twitter-text 3 and its configuration.

Every address weighs 23, also without a protocol; an emoji weighs 2, however many characters it is made of, and so does
each character of dense scripts. Mail addresses do not count as addresses there.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from connectors.contract.content import CommentContent, Content, MessageContent, Problem, TextLimit, measure_texts
from connectors.contract.emoji import EMOJI

# Code points that weigh one; everything else weighs two.
LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
ADDRESS_WEIGHT = 23  # whatever its length: X shortens every address
EMOJI_WEIGHT = 2
# Top-level domains as IANA lists them; a host that ends in another word is no address.
TLDS = frozenset(Path(__file__).with_name("tlds.txt").read_text(encoding="utf-8").split())

_ACCENTS = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b"
    "\u1e00-\u1eff"
)
# A label between dots. With a protocol it may be of any script; a bare one is of Latin letters.
_ANY = r"[^\s!'\"#%&()*+,\\\-./:;<=>?@\[\]^_{|}~$\u2000-\u206f\u3000\u3001\u3002\uff01\uff5e]"
_LATIN = rf"[A-Za-z0-9{_ACCENTS}]"
_PROTOCOL = re.compile(
    rf"(?<![A-Za-z0-9@\uff20$#\uff03])https?:/{{2}}(?P<host>(?:{_ANY}|(?:\.|[-_]+)(?={_ANY}))+)", re.IGNORECASE
)
_BARE = re.compile(
    rf"(?<![A-Za-z0-9{_ACCENTS}@\uff20$#\uff03\-_./])(?P<host>{_LATIN}(?:{_LATIN}|(?:\.|[-_]+)(?={_LATIN}))*)"
)
_AFTER = re.compile(r"[0-9A-Za-z@+-]")
_PATH_SIGN = rf"[A-Za-z0-9\u0400-\u04ff{_ACCENTS}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
_PATH_END = rf"[A-Za-z0-9\u0400-\u04ff{_ACCENTS}=_#/+\-]"
_BRACKETS = rf"\((?:{_PATH_SIGN}|\({_PATH_SIGN}*\))*\)"
_PATH = rf"/(?:(?:{_PATH_SIGN}|{_BRACKETS})*(?:{_PATH_END}|{_BRACKETS}))?"
_QUERY = r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[A-Za-z0-9\-_&=#/]"
_REST = re.compile(rf"(?::[0-9]+)?(?:{_PATH})?(?:{_QUERY})?")


def weight(text: str) -> int:
    """Return the weighted length of a text, in NFC."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii() and "." not in text:
        return len(text)
    total, at = 0, 0
    for start, end in _addresses(text):
        if start >= at:
            total += _weight_of_signs(text[at:start]) + ADDRESS_WEIGHT
            at = end
    return total + _weight_of_signs(text[at:])


def _weight_of_signs(text: str) -> int:
    rest, emoji = EMOJI.subn("", text)
    return emoji * EMOJI_WEIGHT + 2 * len(rest) - len(LIGHT.findall(rest))


def _addresses(text: str) -> list[tuple[int, int]]:
    """Return where each address begins and ends; one may lie inside another."""
    found = []
    for pattern in (_PROTOCOL, _BARE):
        for match in pattern.finditer(text):
            after = _end_of_host(text, match.start("host"), match.end("host"))
            if after is not None:
                rest = _REST.match(text, after)
                found.append((match.start(), rest.end() if rest else after))
    return sorted(found)


def _end_of_host(text: str, start: int, end: int) -> int | None:
    """Return where the longest host that is a domain ends; None where there is none."""
    labels = text[start:end].split(".")
    while len(labels) > 1:
        until = start + len(".".join(labels))
        if _is_domain(labels[-1].casefold(), labels[-2]) and not _AFTER.match(text, until):
            return until
        labels.pop()
    return None


def _is_domain(top: str, own: str) -> bool:
    return (top in TLDS or top.startswith("xn--")) and "_" not in own


COMMENT = TextLimit(280, "weighted characters", weight)
MESSAGE = TextLimit(1000)


def measure(content: Content) -> list[Problem]:
    """Return what makes it impossible to send this."""
    return measure_texts("X", content, {CommentContent: COMMENT, MessageContent: MESSAGE})
