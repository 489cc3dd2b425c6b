"""Which passwords are guessed first? Those of a list that is shipped, and those with a little added.

The list, `common_passwords.txt`, has the 10,000 most frequent passwords of six letters or more among ten million that were
breached and published (M. Burnett, 2015), as counted by zxcvbn: github.com/dropbox/zxcvbn, `data/passwords.txt`. Copyright
2012-2016 Dan Wheeler and Dropbox, Inc., MIT licence, which stands beside the list.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_AROUND = "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
_FEWEST = 4  # different letters
_ROWS = ("0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "qwertyuiopasdfghjklzxcvbnm")
_TIMES = 30  # longer than the longest password


@cache
def _listed() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("common_passwords.txt").read_text(encoding="ascii").split())


def is_common(password: str) -> bool:
    """Return whether it is on the list (as it is, with additions around it, or repeated), or runs along a row of keys."""
    said = password.casefold()
    core = said.strip(_AROUND)
    if len(set(said)) < _FEWEST or any(part in row * _TIMES for row in _ROWS for part in (said, said[::-1])):
        return True
    return any(_unit(part) in _listed() for part in (said, core) if part)


def _unit(text: str) -> str:
    """Return the unit that a text repeats: `passwordpassword` is `password`."""
    length = (text + text).find(text, 1)
    return text[:length]
