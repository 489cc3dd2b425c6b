"""How is what really arrived written down, so that no crash and no reset can take it back?

One JSON object a line, appended and fsynced before the page that caused it answers. The file is never truncated:
a reset appends a line that begins a new epoch, and a line torn by a crash is closed with a newline and skipped.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Line: TypeAlias = dict[str, Any]


class TruthBusyError(RuntimeError):
    """Another sandbox process already writes to this folder."""


def now() -> str:
    """Answer the present instant in UTC, ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that arrived: a comment under a post, a direct message to a person, or the order of a film."""

    id: str
    platform: str
    kind: str
    account: str
    target: str  # a post's id for a comment, a handle for a message, a format for a film
    text: str
    at: str
    epoch: int
    mutation: str
    listed_at: float = 0.0  # seconds since 1970 from which listings show it

    def line(self) -> Line:
        """Answer the log line that this effect is kept as."""
        return {"line": "effect", **asdict(self)}

    @classmethod
    def from_line(cls, line: Line) -> Effect:
        """Read an effect back from its log line."""
        return cls(**{field.name: line[field.name] for field in fields(cls)})


class TruthLog:
    """An append-only file of JSON lines; concurrent appends share one fsync."""

    def __init__(self, path: Path) -> None:
        """Open the log for this process alone, and close a line that a crash tore."""
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise TruthBusyError(str(path)) from error
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        size = os.fstat(self._fd).st_size
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            os.write(self._fd, b"\n")
            os.fsync(self._fd)

    def lines(self) -> Iterator[Line]:
        """Read every whole line, oldest first; torn ones are skipped, since nobody was told that they happened."""
        with self.path.open("rb") as file:
            for raw in file:
                try:
                    line = json.loads(raw)
                except ValueError:
                    continue
                if isinstance(line, dict):
                    yield line

    async def append(self, line: Line) -> None:
        """Return once the line is on the disk. Raises OSError if it could not be put there."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        raw = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._waiting.append((raw, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await asyncio.to_thread(self._put, b"".join(raw for raw, _ in batch))
                except OSError as error:
                    for _, done in batch:
                        done.set_exception(error)
                else:
                    for _, done in batch:
                        done.set_result(None)
        finally:
            self._writer = None

    def _put(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            if len(rest) < len(data):
                os.write(self._fd, b"\n")  # the disk is full in the middle of a line: close it
            raise
        os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file; what was appended is already on the disk."""
        os.close(self._fd)
