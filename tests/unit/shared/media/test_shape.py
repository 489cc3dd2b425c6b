"""Is a file what it seems to be, from its first byte to its last?"""

from __future__ import annotations

import random
import struct

import pytest

from shared.media.shape import ENDINGS, media_type_of
from tests.support.files import GIF, JPEG, MP4, PNG, SVG, WHOLE, ZIP, chunk


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
