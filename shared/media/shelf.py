"""Where are uploads stored? One file each in one folder, by an id of our own: no part of a path comes from outside."""

from __future__ import annotations

import asyncio
import hashlib
import mmap
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from shared.errors import TooLarge
from shared.media.shape import media_type_of

AT_ONCE = 1_048_576


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was received; `media_type` is None where it is no picture and no film."""

    path: Path
    size: int
    sha256: str
    media_type: str | None


def place_of(home: Path, media: UUID) -> Path:
    """Return the file of an upload."""
    return home / "media" / str(media)


async def receive(home: Path, media: UUID, body: AsyncIterator[bytes], *, most: int) -> Received:
    """Write what is received to a file beside its final place, and inspect it. A caller that does not keep it calls `drop`.

    Raises:
        TooLarge: more than `most` bytes came; nothing is kept.
    """
    path = home / "media" / f".{media}.part"
    try:
        size, sha256 = await _write(path, body, most)
    except BaseException:
        drop(path)
        raise
    return Received(path, size, sha256, await asyncio.to_thread(_look, path))


def keep(home: Path, media: UUID, received: Received) -> None:
    """Move a received file to its final place."""
    received.path.replace(place_of(home, media))


def drop(path: Path) -> None:
    """Remove a file, if it is there."""
    with suppress(OSError):
        path.unlink()


async def _write(path: Path, body: AsyncIterator[bytes], most: int) -> tuple[int, str]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    size, digest, waiting = 0, hashlib.sha256(), bytearray()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        async for piece in body:
            size += len(piece)
            if size > most:
                raise TooLarge(code="media_too_large", message=f"An upload has {most} bytes at most.")
            digest.update(piece)
            waiting += piece
            if len(waiting) >= AT_ONCE:
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
        file.write(waiting)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())
    return size, digest.hexdigest()


def _look(path: Path) -> str | None:
    if not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return media_type_of(content)
