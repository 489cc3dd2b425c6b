"""What files does a test upload? The smallest of each kind, whole."""

from __future__ import annotations

import base64
import struct
import zlib


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _box(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(data)) + kind + data


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    + chunk(b"IEND", b"")
)
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010101004800480000ffdb004300"
    + "03" * 64
    + "ffc0000b080001000101011100ffc40014000100000000000000000000000000000009ffda0008010100003f00d2cfffd9"
)
WEBP = base64.b64decode("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=")


def film(
    brand: bytes = b"isom", *, size: tuple[int, int] = (64, 48), lasts: int = 1000, shows: bytes = b"vide", mvex: bytes = b""
) -> bytes:
    """A film with one track, as it says of itself; its picture is nothing."""
    mvhd = _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, lasts) + b"\x00" * 80)
    tkhd = struct.pack(">IIIIII", 7, 0, 0, 1, 0, lasts) + b"\x00" * 52 + struct.pack(">HHHH", size[0], 0, size[1], 0)
    hdlr = _box(b"hdlr", b"\x00" * 8 + shows + b"\x00" * 13)
    trak = _box(b"trak", _box(b"tkhd", tkhd) + _box(b"mdia", hdlr + _box(b"minf", _box(b"stbl"))))
    return _box(b"ftyp", brand + b"\x00\x00\x02\x00" + brand) + _box(b"moov", mvhd + trak + mvex) + _box(b"mdat", b"film")


MP4 = film()
MOV = film(b"qt  ")
WEBM = (
    b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm\x42\x87\x81\x04\x42\x85\x81\x02"
    b"\x18\x53\x80\x67\x84\xec\x82\x00\x00"
)
WHOLE = {
    "image/png": PNG,
    "image/gif": GIF,
    "image/jpeg": JPEG,
    "image/webp": WEBP,
    "video/mp4": MP4,
    "video/quicktime": MOV,
    "video/webm": WEBM,
}
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ZIP = b"PK\x03\x04" + b"\x00" * 26 + b"PK\x05\x06" + b"\x00" * 18
