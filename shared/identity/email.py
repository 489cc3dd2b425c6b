"""How is an e-mail address normalised? One spelling for each, so that nobody has two accounts by it."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from shared.errors import Conflict

# Unicode's list of confusables (UTS 39): lower-case letters that look like Latin ones.
_DRAWN_LIKE_LATIN = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u04cf\u051b\u051d"  # Cyrillic
    "\u0475\u0433\u043a\u0432\u043c\u043d\u0442\u043f"
    "\u03b1\u03bf\u03c1\u03bd\u03b9\u03ba\u03c4\u03c5\u03c7\u03b3"  # Greek
    "\u0561\u0585\u057d\u0570\u0578\u0581\u0566\u0575"  # Armenian
)
_LATIN_VARIANTS = frozenset("\u0131\u0237\u017f\u0185\u01bd\u01c0") | {chr(code) for code in range(0x0250, 0x02B0)}


def new_email(text: str) -> str:
    """Return the address of a new person, as it is stored.

    Raises:
        Conflict: no mail can be delivered there.
    """
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        message = f"This is no e-mail address: {error}"
        raise Conflict(code="email_refused", field="email", message=message[:300]) from error
    if unlike := _look_alike(found.normalized):
        message = f"Letters that look like others are not taken in an address: {unlike!r} is one."
        raise Conflict(code="email_refused", field="email", message=message)
    return known_email(found.normalized)


def _look_alike(address: str) -> str:
    """Return the first letter by which one address could be mistaken for another; "" where there is none.

    Within each part letters are of one script; those of Cyrillic, Greek and Armenian that look like Latin ones need
    another letter beside them that does not; and a variant of another letter is refused.
    """
    for part in re.split(r"[.@]", address.lower()):
        foreign = [letter for letter in part if not letter.isascii()]
        if not foreign:
            continue
        variants = [one for one in foreign if unicodedata.normalize("NFKC", one) != one or one in _LATIN_VARIANTS]
        scripts = {_script_of(one) for one in part if one.isalpha()}
        if variants or not all(one.isalpha() or unicodedata.combining(one) for one in foreign):
            return variants[0] if variants else next(one for one in foreign if not one.isalpha())
        if len(scripts) > 1 or all(one in _DRAWN_LIKE_LATIN for one in foreign):
            return foreign[0]
    return ""


def _script_of(letter: str) -> str:
    # Kana and Han occur in one word; no other two scripts do.
    word = unicodedata.name(letter, "UNKNOWN").split()[0]
    return "HAN" if word in {"CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC"} else word


def known_email(text: str) -> str:
    """Return the spelling by which an address is looked up; upper and lower case are the same person."""
    return unicodedata.normalize("NFC", text.strip()).lower()
