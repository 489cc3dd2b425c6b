"""Does a film say of itself what can be: boxes within their parents, and a picture that has a size and lasts?

Read are the boxes that lead to a track's picture (ISO 14496-12, 8.2 to 8.5); what stands in others is their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap
from typing import NamedTuple

Content = bytes | mmap

_WITHIN = frozenset({b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex"})
MOST_BOXES = 100_000
# Where a head of a version says how long it lasts, and in how many bytes.
_DURATION_AT = {(b"mvhd", 0): (16, 4), (b"mvhd", 1): (24, 8), (b"tkhd", 0): (20, 4), (b"tkhd", 1): (28, 8)}


class Box(NamedTuple):
    """A box: what it is, and where what is in it begins and ends."""

    kind: bytes
    begin: int
    end: int


def boxes(content: Content, begin: int, end: int) -> Iterator[Box]:
    """Return the boxes of a stretch, one after the other; the last ends where it does.

    Raises:
        ValueError: one is shorter than its own head, or runs beyond the stretch.
    """
    at = begin
    for _ in range(MOST_BOXES):
        if at == end:
            return
        head, length = 8, number(content, at, 4)
        if length == 1:
            head, length = 16, number(content, at + 8, 8)
        elif length == 0 and begin == 0:
            length = end - at  # to the end of the file, which only a box of the file itself may say
        if length < head or at + length > end:
            raise ValueError
        yield Box(content[at + 4 : at + 8], at + head, at + length)
        at += length
    raise ValueError


def number(content: Content, at: int, width: int) -> int:
    """Return a number of so many bytes.

    Raises:
        ValueError: the file ends before it does.
    """
    part = content[at : at + width]
    if len(part) < width:
        raise ValueError
    return int.from_bytes(part)


def shows_a_film(content: Content, begin: int, end: int) -> bool:
    """Return whether a `moov` has a video track of some size, and a duration or fragments to come.

    Raises:
        ValueError: a box runs beyond its parent, or is cut off.
    """
    inside = list(boxes(content, begin, end))
    comes_in_parts = any(box.kind == b"mvex" for box in inside)
    lasts = comes_in_parts or any(_duration(content, box) for box in inside if box.kind == b"mvhd")
    tracks = [_leaves(content, box) for box in inside if box.kind == b"trak"]
    return lasts and any(_is_picture(content, track, comes_in_parts=comes_in_parts) for track in tracks)


def _leaves(content: Content, box: Box) -> list[Box]:
    """Return every box of a track that holds no others."""
    found: list[Box] = []
    waiting = [box]
    while waiting:
        for one in boxes(content, waiting[-1].begin, waiting.pop().end):
            (waiting if one.kind in _WITHIN else found).append(one)
            if len(found) + len(waiting) > MOST_BOXES:
                raise ValueError
    return found


def _is_picture(content: Content, track: list[Box], *, comes_in_parts: bool) -> bool:
    is_seen = any(box.kind == b"hdlr" and content[box.begin + 8 : box.begin + 12] == b"vide" for box in track)
    heads = [box for box in track if box.kind == b"tkhd"]
    return is_seen and any(_has_size(content, head) and (comes_in_parts or _duration(content, head)) for head in heads)


def _has_size(content: Content, head: Box) -> bool:
    """Width and height end a track's head, each with its fraction; the fraction alone is no size."""
    return head.end - head.begin >= 84 and all(  # noqa: PLR2004 - bytes of the shortest
        number(content, head.end - back, 2) for back in (8, 4)
    )


def _duration(content: Content, box: Box) -> int:
    """Return the duration in a header box, by its version."""
    at, width = _DURATION_AT[box.kind, content[box.begin]]
    if box.begin + at + width > box.end:
        raise ValueError
    return number(content, box.begin + at, width)
