"""In which format is a film ordered? `10 s 9:16`: how long it plays, and its width to its height."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from shared.errors import ContentRejected

_FORMAT = re.compile(r"(\d{1,3}) s (\d{1,2}:\d{1,2})")


@dataclass(frozen=True, slots=True)
class Format:
    """How long a film plays (seconds), and its aspect."""

    seconds: int
    aspect: str


def format_of(target: str) -> Format:
    """The format that an order's target names.

    Raises:
        ContentRejected: it names none.
    """
    match = _FORMAT.fullmatch(target)
    if match is None:
        raise ContentRejected(code="wrong_target", message=f"{target[:80]!r} is no format, such as `10 s 9:16`.")
    return Format(int(match[1]), match[2])


def offered(target: str, seconds: Collection[int], aspects: Collection[str], maker: str) -> Format:
    """The format that an order's target names, if its maker offers it.

    Raises:
        ContentRejected: it names none, or one that the maker does not make.
    """
    wanted = format_of(target)
    if wanted.seconds not in seconds or wanted.aspect not in aspects:
        there = f"{', '.join(map(str, sorted(seconds)))} seconds in {' or '.join(sorted(aspects))}"
        raise ContentRejected(code="format_unsupported", message=f"{maker} makes {there}, not {target}.")
    return wanted
