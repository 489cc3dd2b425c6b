"""Where are files stored on their way through the door? In a folder of each host, until they are fetched."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from shared.errors import Conflict, NotFound

MOST_FILES = 50
KEPT_S = 3600.0


def path_of(home: Path, host: UUID, file: UUID) -> Path:
    """Return the path of a file on its way from or to a host; its folder is made."""
    folder = home / "door" / str(host)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / file.hex


async def keep_file(*, home: Path, host: UUID, file: UUID, body: AsyncIterator[bytes], most: int) -> int:
    """Store a file that a host sends, and return its size. `most` bounds the bytes of all files that wait.

    Raises:
        Conflict: the host has sent this one already, or more than `most` or `MOST_FILES` wait.
    """
    path = await asyncio.to_thread(path_of, home, host, file)
    await asyncio.to_thread(_make_room, path.parent, most)
    try:
        opened = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError as error:
        raise Conflict(code="file_exists", message="This file was sent already.") from error
    size = 0
    try:
        with opened as open_file:
            async for piece in body:
                size += len(piece)
                await asyncio.to_thread(open_file.write, piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return size


def find_file(*, home: Path, host: UUID, file: UUID) -> Path:
    """Return the path of a file that the host is to have.

    Raises:
        NotFound: there is none of this id for it.
    """
    path = path_of(home, host, file)
    if not path.is_file():
        raise NotFound(field="file", message="There is no such file for this host.")
    return path


def _make_room(folder: Path, most: int) -> None:
    ends = time.time() - KEPT_S
    sizes = []
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # a worker has just fetched it
            found = path.stat()
            if found.st_mtime < ends:
                path.unlink()
            else:
                sizes.append(found.st_size)
    if len(sizes) >= MOST_FILES or sum(sizes) >= most:
        message = f"{len(sizes)} files of this host, {sum(sizes)} bytes, wait to be taken."
        raise Conflict(code="too_many_files", message=message)
