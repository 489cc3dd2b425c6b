"""How does a practice site speak another language? Its scripts' own words are replaced as they are served.

Each site's `words.toml` has them. What people wrote comes as data and stays as it is.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENGLISH = "en"
Words = dict[str, str]


def load(folder: Path) -> dict[str, Words]:
    """Read a site's languages; there is always English, in which its pages are written."""
    file = folder / "words.toml"
    other = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {ENGLISH: {}, **other}


def spoken(script: str, words: Mapping[str, str]) -> str:
    """Replace a script's quoted words; those with a value in them (`${…}`) stand between other signs."""
    for english, other in words.items():
        script = script.replace(as_written(english), other if "${" in english else as_written(other))
    return script


def as_written(words: str) -> str:
    """Answer words as they stand in a script."""
    return words if "${" in words else json.dumps(words, ensure_ascii=False)
