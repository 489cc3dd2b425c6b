"""Is a file what it seems to be, from its first byte to its last?"""

from __future__ import annotations

import random
import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from shared.media.shape import ENDINGS, media_type_of
from tests.support.files import GIF, JPEG, MP4, PNG, SVG, WEBP, WHOLE, ZIP, chunk, film


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_file_is_of_its_kind(kind: str):
    assert media_type_of(WHOLE[kind]) == kind
    assert kind in ENDINGS


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("more", [b"\x00", b"<script>alert(1)</script>", ZIP, b"%PDF-1.7\n%%EOF\n", b"#!/bin/sh\n"])
def test_nothing_has_room_behind_it(kind: str, more: bytes):
    assert media_type_of(WHOLE[kind] + more) is None


@pytest.mark.parametrize("kind", WHOLE)
def test_what_is_cut_off_is_none(kind: str):
    for length in range(len(WHOLE[kind])):
        assert media_type_of(WHOLE[kind][:length]) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        SVG,
        b"\xef\xbb\xbf" + SVG,
        b"<!DOCTYPE html><p>",
        b"%PDF-1.7",
        ZIP,
        b"MZ" + b"\x00" * 100,
        b"\x7fELF" + b"\x00" * 100,
        b"GIF89a=1;alert(1)//",
        b"GIF89a/*" + GIF[8:-1] + b"*/=1;alert(1)",
        PNG.replace(b"IDAT", b"<svg"),
        JPEG[:20] + b"<script>" + JPEG[20:],
        MP4.replace(b"isom", b"heic"),
        MP4.replace(b"mdat", b"html"),
        b"\x89PNG\r\n\x1a\n" + SVG,
    ],
)
def test_what_is_something_else_or_something_besides_is_none(content: bytes):
    assert media_type_of(content) is None


def test_an_archive_inside_of_a_film_is_found():
    free = (8 + len(ZIP)).to_bytes(4, "big") + b"free" + ZIP
    assert media_type_of(MP4 + free) is None


def test_whatever_comes_is_answered():
    dice = random.Random(7)
    for kind, content in WHOLE.items():
        for _ in range(400):
            other = bytearray(content)
            for _ in range(dice.randint(1, 6)):
                other[dice.randrange(len(other))] = dice.randrange(256)
            assert media_type_of(bytes(other)) in {None, kind, "video/mp4", "video/quicktime"}


def test_a_part_that_is_not_what_its_checksum_says_makes_the_file_none():
    for at in range(8, len(PNG)):
        spoiled = bytearray(PNG)
        spoiled[at] ^= 1
        assert media_type_of(bytes(spoiled)) is None, at


@pytest.mark.parametrize(("width", "height"), [(0, 1), (1, 0), (70_000, 1)])
def test_a_picture_that_shows_nothing_or_more_than_there_can_be_is_none(width: int, height: int):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    assert media_type_of(PNG[:8] + head + PNG[33:]) is None
    assert media_type_of(GIF[:6] + struct.pack("<HH", width % 65_536, 0) + GIF[10:]) is None


def test_a_jpeg_that_says_no_size_is_none():
    at = JPEG.index(b"\xff\xc0")
    assert media_type_of(JPEG[: at + 5] + b"\x00\x00\x00\x00" + JPEG[at + 9 :]) is None
    assert media_type_of(JPEG[:at] + JPEG[at + 13 :]) is None


def test_a_picture_without_what_is_to_be_seen_is_none():
    assert media_type_of(PNG[:33] + PNG[-12:]) is None


FRAMES = ("-f", "lavfi", "-i", "testsrc=d=0.4:s=64x48:r=10")


@pytest.mark.parametrize(
    ("name", "options", "kind"),
    [
        ("a.mp4", "-c:v mpeg4", "video/mp4"),
        ("b.mov", "-c:v mpeg4", "video/quicktime"),
        ("c.mp4", "-c:v libx264 -movflags +faststart", "video/mp4"),
        ("d.mp4", "-c:v mpeg4 -movflags frag_keyframe+empty_moov", "video/mp4"),
        ("e.webp", "-frames:v 1 -update 1 -c:v libwebp -lossless 0", "image/webp"),
        ("f.webp", "-frames:v 1 -update 1 -c:v libwebp -lossless 1", "image/webp"),
        ("g.webp", "-frames:v 3 -c:v libwebp_anim", "image/webp"),
        ("h.webp", "-frames:v 1 -pix_fmt yuva420p -c:v libwebp", "image/webp"),
    ],
)
def test_what_ffmpeg_makes_is_whole_and_cut_off_it_is_none(tmp_path: Path, name: str, options: str, kind: str):
    made = tmp_path / name
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *FRAMES, *options.split(), str(made)]
    subprocess.run(words, check=True, timeout=60)
    content = made.read_bytes()
    assert media_type_of(content) == kind
    assert all(media_type_of(content[:length]) is None for length in range(0, len(content), 97))


def longer(content: bytes, kind: bytes, more: int) -> bytes:
    """The same file, but that a box says that it is longer than it is."""
    at = content.index(kind) - 4
    return content[:at] + struct.pack(">I", int.from_bytes(content[at : at + 4]) + more) + content[at + 4 :]


@pytest.mark.parametrize("brand", [b"isom", b"qt  "])
@pytest.mark.parametrize("kind", [b"moov", b"mvhd", b"trak", b"tkhd", b"mdia", b"hdlr", b"minf", b"stbl"])
@pytest.mark.parametrize("more", [1, 4, 4096, -1, -9])
def test_a_box_that_does_not_end_where_its_parent_lets_it_makes_the_film_none(brand: bytes, kind: bytes, more: int):
    content = film(brand)
    if int.from_bytes(content[content.index(kind) - 4 : content.index(kind)]) + more >= 0:
        assert media_type_of(longer(content, kind, more)) is None


@pytest.mark.parametrize(
    "content",
    [
        film(size=(0, 48)),
        film(size=(64, 0)),
        film(lasts=0),
        film(shows=b"soun"),
        film().replace(b"tkhd", b"free"),
        film().replace(b"mvhd", b"free"),
        film().replace(b"trak", b"free"),
    ],
)
def test_a_film_that_says_nothing_of_a_picture_is_none(content: bytes):
    assert media_type_of(content) is None


def test_a_film_in_fragments_says_later_how_long_it_is():
    assert media_type_of(film(lasts=0, mvex=struct.pack(">I", 8) + b"mvex")) == "video/mp4"


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    data = b"".join(kind + struct.pack("<I", len(of)) + of + b"\x00" * (len(of) % 2) for kind, of in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(data)) + b"WEBP" + data


def canvas(width: int, height: int) -> tuple[bytes, bytes]:
    return b"VP8X", b"\x00" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def lossy(width: int, height: int, code: bytes = b"\x9d\x01\x2a", tag: int = 0x10) -> tuple[bytes, bytes]:
    return b"VP8 ", bytes([tag, 0, 0]) + code + struct.pack("<HH", width, height) + b"\x00" * 8


def lossless(width: int, height: int, signature: int = 0x2F) -> tuple[bytes, bytes]:
    return b"VP8L", bytes([signature]) + ((height - 1) << 14 | (width - 1)).to_bytes(4, "little") + b"\x00" * 8


def frame(left: int, top: int, width: int, height: int) -> tuple[bytes, bytes]:
    of = b"".join(n.to_bytes(3, "little") for n in (left // 2, top // 2, width - 1, height - 1))
    return b"ANMF", of + b"\x00" * 4


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        (webp(lossy(4, 3)), True),
        (webp(lossless(4, 3)), True),
        (webp(canvas(4, 3), lossy(4, 3)), True),
        (webp(canvas(4, 3), (b"ICCP", b"x"), lossless(4, 3), (b"EXIF", b"y")), True),
        (webp(canvas(8, 6), frame(2, 2, 4, 3), frame(0, 0, 8, 6)), True),
        (webp(lossy(0, 3)), False),
        (webp(lossy(4, 0)), False),
        (webp(lossy(4, 3, code=b"\x00\x00\x00")), False),
        (webp(lossy(4, 3, tag=0x11)), False),
        (webp(lossless(4, 3, signature=0)), False),
        (webp(canvas(4, 3), lossy(5, 3)), False),
        (webp(canvas(4, 3), lossless(4, 4)), False),
        (webp(canvas(8, 6), frame(6, 2, 4, 3)), False),
        (webp(canvas(70_000, 3), lossy(4, 3)), False),
        (webp(canvas(4, 3)), False),
        (webp((b"VP8 ", b"")), False),
        (webp((b"VP8L", b"\x2f")), False),
        (WEBP[:12] + b"VP8X" + WEBP[16:], False),
    ],
)
def test_a_webp_says_of_its_pictures_what_can_be(content: bytes, is_one: bool):  # noqa: FBT001 - a row of the table
    assert media_type_of(content) == ("image/webp" if is_one else None)
