"""What is the body of a request? Bytes, or a part of a file that is read while it is sent and is never whole in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.errors import ContentRejected

PIECE = 262_144


@dataclass(frozen=True, slots=True)
class FilePart:
    """A number of bytes of a file from an offset, as measured before. Each sending reads them anew."""

    path: Path
    start: int
    size: int

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes, piece by piece.

        Raises:
            ContentRejected: the file has become shorter, or is gone.
        """
        try:
            file = await asyncio.to_thread(_open_at, self.path, self.start)
        except OSError as error:
            raise ContentRejected(code="source_changed", message="The file to be sent is gone.") from error
        try:
            left = self.size
            while left:
                piece = await asyncio.to_thread(file.read, min(PIECE, left))
                if not piece:
                    raise ContentRejected(code="source_changed", message="The file to be sent has become shorter.")
                left -= len(piece)
                yield piece
        finally:
            await asyncio.to_thread(file.close)

    def chunks(self, size: int, *, begin: int = 0) -> list[FilePart]:
        """Return the parts of at most `size` bytes that follow the first `begin` ones; each may be sent by itself."""
        starts = range(begin, self.size, size)
        return [FilePart(self.path, self.start + at, min(size, self.size - at)) for at in starts]


Body = bytes | FilePart


def _open_at(path: Path, start: int) -> BinaryIO:
    file = path.open("rb")
    file.seek(start)
    return file
