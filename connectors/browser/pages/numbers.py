"""Which number does a page say? As people write it in English, German, Spanish, French and Portuguese: whole, or unknown.

A number that cannot be told for certain is unknown rather than another one: posts are chosen by it. So it is with a sign
that is not known (`1.2万`, `15 тыс.`, `3 lakh`), with a fraction of one (`1,5 likes`), and with `1.234 Mio.`, which is a
thousand millions to some and little more than one to others.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 25  # characters; nothing longer is a number on these pages
_SPACES = " \u00a0\u2009\u202f"
_RUN = re.compile(rf"(?<![\w.,])\d(?:[\d.,'\u2019{_SPACES}]*\d)?")
_GROUPED = re.compile(rf"\d{{1,3}}(?:([.,'\u2019{_SPACES}])\d{{3}})(?:\1\d{{3}})*(?:(?!\1)[.,](\d{{1,2}}))?")
_PLAIN = re.compile(r"\d+(?:[.,](\d{1,2}))?")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
# What may follow a number without changing it; `100+`, `50%`, `12:30` and `3/4` are no such numbers.
_OTHER = re.compile(r"\s*[+%/\u2030\u00b0$\u20ac\u00a3]|\s*[-\u2013:]\s*\d")
_SCALES = {
    1_000: "k tsd tausend mil thousand mille millier milliers",
    1_000_000: "m mio mi mill million millions millionen millón millones milhão milhões",
    1_000_000_000: "b bn mrd md mds bi milliarde milliarden milliard milliards billion bilhão bilhões",
}
_SCALE_OF = {word: scale for scale, words in _SCALES.items() for word in words.split()}
# What posts have, and who gave it, by language.
_NOUN_WORDS = """
    view views like likes reply replies repost reposts retweet retweets share shares comment comments post posts quote quotes
    bookmark bookmarks save saves play plays follower followers time times people others other video videos
    aufruf aufrufe mal gefällt antwort antworten kommentar kommentare beitrag beiträge wiedergaben zitate lesezeichen
    ansichten
    geteilt weitere weiteren personen abonnenten
    vista vistas visualización visualizaciones reproducción reproducciones respuesta respuestas comentario comentarios me
    veces
    vez compartidos publicaciones citas personas otras otros seguidores republicaciones
    vue vues j'aime réponse réponses commentaire commentaires partage partages lecture lectures mentions fois personnes
    autres
    abonnés
    visualização visualizações curtida curtidas gosto gostos resposta respostas comentário comentários compartilhamento
    compartilhamentos partilhas republicação pessoas outras outros
"""
_NOUNS = frozenset(_NOUN_WORDS.split())


def count_in(said: str | None) -> int | None:
    """Return the number (`1,234`, `1 234`, `12.3K`, `12,3 Tsd.`, `1.5 mil millones`); None where none is certain."""
    text = unicodedata.normalize("NFC", said or "")
    found = _RUN.search(text)
    if found is None or len(found[0]) > LONGEST:
        return None
    scale = _scale(text[found.end() :])
    return None if scale is None else _number(found[0], scale)


def _scale(rest: str) -> int | None:
    """Return the factor that the words after a number stand for; None where they are not known."""
    if _OTHER.match(rest):
        return None
    if not rest.strip() or not _WORD.match(rest.lstrip()):
        return 1
    first, second = ([word.casefold().replace("\u2019", "'") for word in _WORD.findall(rest)] + [""])[:2]
    if first == "mil" and _SCALE_OF.get(second) == 1_000_000:  # noqa: PLR2004 - a thousand millions
        return 1_000_000_000
    return _SCALE_OF.get(first, 1 if first in _NOUNS else None)


def _number(written: str, scale: int) -> int | None:
    grouped, plain = _GROUPED.fullmatch(written), _PLAIN.fullmatch(written)
    match = grouped or plain
    if match is None:
        return None
    fraction = match[match.lastindex or 0] if match.lastindex and (plain or match.lastindex > 1) else ""
    if scale == 1:
        return None if fraction else int(re.sub(r"\D", "", written))
    groups = re.findall(r"\d+", written)[: -1 if fraction else None]
    if not fraction and grouped and len(groups) == len(("1", "234")) and grouped[1] in ".,":
        return None
    return int("".join(groups)) * scale + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0)
