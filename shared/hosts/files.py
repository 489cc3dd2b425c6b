"""Where do files lie on their way through the door? In a folder of each host, for as long as nobody has taken them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from shared.errors import Conflict, NotFound

MOST_FILES = 50
KEPT_S = 3600.0


def path_of(home: Path, host: UUID, file: UUID) -> Path:
    """Return where a file lies on its way from or to a host; its folder is made."""
    folder = home / "door" / str(host)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / file.hex


async def keep_file(*, home: Path, host: UUID, file: UUID, body: AsyncIterator[bytes]) -> int:
    """Keep what a host sends, and return its size. Whoever bounds a request's size bounds it here.

    Raises:
        Conflict: the host has sent this one already, or too many that nobody took.
    """
    path = await asyncio.to_thread(path_of, home, host, file)
    await asyncio.to_thread(_make_room, path.parent)
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
    """Return where the file lies that a host is to have.

    Raises:
        NotFound: there is none of this id for it.
    """
    path = path_of(home, host, file)
    if not path.is_file():
        raise NotFound(field="file", message="There is no such file for this host.")
    return path


def _make_room(folder: Path) -> None:
    ends = time.time() - KEPT_S
    left = 0
    for path in folder.iterdir():
        if path.stat().st_mtime < ends:
            path.unlink(missing_ok=True)
        else:
            left += 1
    if left >= MOST_FILES:
        raise Conflict(code="too_many_files", message=f"{MOST_FILES} files of this host wait to be taken.")
