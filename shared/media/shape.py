"""What is a file's real type? Told by its own parts, from the first byte to the last, not by its name or its sender.

A list of first bytes would take a script, an archive or a page behind a picture's head for the picture. Here each part of a
file must be one of its kind and the last must end where the file does, so that nothing else fits behind it; what
a part says of itself, its checksum and the picture's size, must hold. Formats:
PNG (W3C), JPEG (ITU T.81), GIF89a, WebP (RFC 9649), ISO base media (14496-12) with QuickTime, Matroska's WebM (RFC 9559).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from mmap import mmap

from shared.media.film_boxes import boxes, shows_a_film

Content = bytes | mmap

MOST_PARTS = 1_000_000
HEAD = 4096
PIECE = 1_048_576
LARGEST_SIDE = 65_535  # the largest size that any of the formats but PNG can express
TAIL = 65_557  # an archive's end is at most a comment of 64 KiB before the file's
# Signs by which browsers, readers and interpreters recognise the beginning of a file whatever its name.
_DECEIVES = re.compile(rb"<(script|svg|html|body|iframe|!doctype|\?php)|%pdf-", re.IGNORECASE)
_ARCHIVE_ENDS = b"PK\x05\x06"
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the heads in which a JPEG says its size
_WEBP_PICTURES = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VP", b"dash", b"MSNV"}
)
_BOXES = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"moof", b"mfra", b"sidx", b"styp", b"meta", b"pdin"}
)
_EBML, _SEGMENT, _VOID, _DOC_TYPE = 0x1A45DFA3, 0x18538067, 0xEC, 0x4282


def media_type_of(content: Content) -> str | None:
    """Return the media type of a whole file; None where it is of no known type, or has a second one."""
    if _DECEIVES.search(content[:HEAD]) or _ARCHIVE_ENDS in content[-TAIL:]:
        return None
    try:
        return next((kind for kind, is_one in _KINDS.items() if is_one(content)), None)
    except (IndexError, KeyError, ValueError):
        return None


def _is_png(content: Content) -> bool:
    if content[:16] != b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" or not _shows(
        _number(content, 16, 4), _number(content, 20, 4)
    ):
        return False
    at, kinds = 8, set()
    for _ in range(MOST_PARTS):
        begins, kind = at + 4, content[at + 4 : at + 8]
        at += 12 + _number(content, at, 4)
        if at > len(content) or _number(content, at - 4, 4) != _checksum(content, begins, at - 4):
            return False
        if kind == b"IEND":
            return b"IDAT" in kinds and at == len(content)
        kinds.add(kind)
    return False


def _checksum(content: Content, begin: int, end: int) -> int:
    """Return the CRC-32 of a part, read piece by piece: a part may be as long as the file."""
    found = 0
    for at in range(begin, end, PIECE):
        found = zlib.crc32(content[at : min(at + PIECE, end)], found)
    return found


def _shows(width: int, height: int) -> bool:
    """Return whether a picture may have this size: it is not empty, and not larger than any screen."""
    return 0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE


def _is_jpeg(content: Content) -> bool:
    if content[:3] != b"\xff\xd8\xff":
        return False
    at, kind, is_sized = 2, 0, False
    for _ in range(MOST_PARTS):
        # Between markers lies a segment of its own length; behind a scan's header (0xDA) also data without markers.
        found = _MARKER.search(content, at)
        if found is None or (kind != 0xDA and found.start() != at):  # noqa: PLR2004 - said above
            return False
        kind, at = found[1][0], found.end()
        if kind == 0xD9:  # noqa: PLR2004 - the end of the picture
            return is_sized and at == len(content)
        if kind in _FRAMES:
            is_sized = _shows(_number(content, at + 5, 2), _number(content, at + 3, 2))
            if not is_sized:
                return False
        at += _number(content, at, 2)
    return False


def _is_gif(content: Content) -> bool:
    if content[:6] not in {b"GIF87a", b"GIF89a"}:
        return False
    if not _shows(_number(content, 6, 2, "little"), _number(content, 8, 2, "little")):
        return False
    at = 13 + _colours(content[10])
    for _ in range(MOST_PARTS):
        match content[at]:
            case 0x21:
                at = _after_blocks(content, at + 2)
            case 0x2C:
                at = _after_blocks(content, at + 11 + _colours(content[at + 9]))
            case last:
                return last == 0x3B and at + 1 == len(content)  # noqa: PLR2004 - the trailer
    return False


def _colours(flags: int) -> int:
    """Return the bytes of a colour table, by the flags before it."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(content: Content, at: int) -> int:
    for _ in range(MOST_PARTS):
        length, at = content[at], at + 1 + content[at]
        if not length:
            return at
    raise ValueError


def _is_webp(content: Content) -> bool:
    if content[:4] != b"RIFF" or content[8:15] != b"WEBPVP8" or content[15:16] not in {b" ", b"L", b"X"}:
        return False
    at, end = 12, 8 + _number(content, 4, 4, "little")
    canvas: tuple[int, int] | None = None
    sizes: list[tuple[int, int]] = []
    for _ in range(MOST_PARTS):
        if at >= end:
            break
        kind, length = content[at : at + 4], _number(content, at + 4, 4, "little")
        if kind == b"VP8X":
            canvas = canvas or _webp_size(content, at + 8, kind)
        elif kind in _WEBP_PICTURES:
            sizes.append(_webp_size(content, at + 8, kind))
        at += 8 + length + length % 2
    wide, high = canvas or (LARGEST_SIDE, LARGEST_SIDE)
    fits = all(_shows(width, height) and width <= wide and height <= high for width, height in sizes)
    return at == end == len(content) and bool(sizes) and fits and (canvas is None or _shows(*canvas))


def _webp_size(content: Content, at: int, kind: bytes) -> tuple[int, int]:
    """Width and height as a chunk says them; of one of several pictures where its right and lower edges lie."""
    match kind:
        case b"VP8X":
            return 1 + _number(content, at + 4, 3, "little"), 1 + _number(content, at + 7, 3, "little")
        case b"ANMF":
            left, top, width, height = (_number(content, at + 3 * n, 3, "little") for n in range(4))
            return 2 * left + width + 1, 2 * top + height + 1
        case b"VP8L" if content[at] == 0x2F:  # noqa: PLR2004 - its signature
            bits = _number(content, at + 1, 4, "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 " if content[at + 3 : at + 6] == b"\x9d\x01\x2a" and not content[at] & 1:
            return _number(content, at + 6, 2, "little") & 0x3FFF, _number(content, at + 8, 2, "little") & 0x3FFF
        case _:
            raise ValueError


def _is_film(content: Content, brands: frozenset[bytes]) -> bool:
    if content[4:8] != b"ftyp" or content[8:12] not in brands:
        return False
    kinds, shows = set(), False
    for box in boxes(content, 0, len(content)):
        if box.kind not in _BOXES:
            return False
        kinds.add(box.kind)
        shows = shows or (box.kind == b"moov" and shows_a_film(content, box.begin, box.end))
    return shows and b"mdat" in kinds


def _is_webm(content: Content) -> bool:
    kind, length, at = _element(content, 0)
    if kind != _EBML or length is None or _doc_type(content, at, at + length) != b"webm":
        return False
    at += length
    for _ in range(MOST_PARTS):
        if at == len(content):
            return kind in {_SEGMENT, _VOID}
        kind, length, at = _element(content, at)
        if kind not in {_SEGMENT, _VOID}:
            return False
        if length is None:
            return kind == _SEGMENT  # a film that was written as it came: its one segment lasts to the end
        at += length
    return False


def _doc_type(content: Content, at: int, end: int) -> bytes:
    while at < end:
        kind, length, at = _element(content, at)
        if kind == _DOC_TYPE:
            return content[at : at + (length or 0)].rstrip(b"\x00")
        at += length or 0
    return b""


def _element(content: Content, at: int) -> tuple[int, int | None, int]:
    """Return an element's id, the length of its content (None: unknown), and where that begins."""
    width = 9 - content[at].bit_length()
    kind, at = _number(content, at, width), at + width
    size = 9 - content[at].bit_length()
    length = _number(content, at, size) & ((1 << 7 * size) - 1)
    return kind, None if length == (1 << 7 * size) - 1 else length, at + size


def _number(content: Content, at: int, width: int, order: str = "big") -> int:
    part = content[at : at + width]
    if len(part) < width or not 1 <= width <= 8:  # noqa: PLR2004 - bytes of the longest number
        raise ValueError
    return int.from_bytes(part, "little" if order == "little" else "big")


_KINDS: Mapping[str, Callable[[Content], bool]] = {
    "image/png": _is_png,
    "image/jpeg": _is_jpeg,
    "image/gif": _is_gif,
    "image/webp": _is_webp,
    "video/mp4": lambda content: _is_film(content, _BRANDS),
    "video/quicktime": lambda content: _is_film(content, frozenset({b"qt  "})),
    "video/webm": _is_webm,
}
ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}
