"""How are files sent to this host and from it? By bounded HTTPS requests of their own, so that they delay no click."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from host.membership import Membership
from shared.errors import ContentRejected, Transient

ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_PICTURE = 10_000_000
PIECE = 1_048_576
WHOLE_S = 300.0
STALLED_S = 30.0


class Files:
    """The files of one host. `folder` is emptied at the start: a killed program may have left files there."""

    def __init__(self, membership: Membership, folder: Path, *, most: int) -> None:
        """Store the parts; nothing is requested yet. A file that is received may have `most` bytes."""
        self._folder, self._most = folder, most
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        self._http = httpx.AsyncClient(
            base_url=f"{membership.url}/api/hosts/door/files",
            headers={"Authorization": f"Bearer {membership.credential}"},
            timeout=STALLED_S,
            trust_env=False,
        )

    async def send_bytes(self, content: bytes) -> str:
        """Send a picture, and return its id.

        Raises:
            Transient: it was not accepted.
        """
        if len(content) > MOST_PICTURE:
            raise Transient(code="file_too_large", message=f"The picture has more than {MOST_PICTURE} bytes.")
        return await self._put(content, len(content))

    async def send_pieces(self, pieces: AsyncIterator[bytes], *, most: int) -> tuple[str, int]:
        """Send a file in pieces, `most` bytes at most; return its id and size.

        Raises:
            ContentRejected: it is larger.
            Transient: it was not accepted.
        """
        with tempfile.TemporaryFile(dir=self._folder) as file:
            size = 0
            async for piece in pieces:
                size += len(piece)
                if size > most:
                    raise ContentRejected(code="media_too_large", message=f"The file has more than {most} bytes.")
                await asyncio.to_thread(file.write, piece)
            file.seek(0)

            async def read() -> AsyncIterator[bytes]:
                while part := await asyncio.to_thread(file.read, PIECE):
                    yield part

            return await self._put(read(), size), size

    @asynccontextmanager
    async def fetched(self, file: str, name: str) -> AsyncIterator[Path]:
        """Yield a file of the installation in a folder of its own, for as long as the block lasts. Pages see it as `name`.

        Raises:
            Transient: it did not come.
            ContentRejected: it is larger than this host accepts.
        """
        if not ID.fullmatch(file):
            raise Transient(code="file_unknown", message="This is no file's id.")
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder) / (Path(name.replace("\\", "/")).name.strip(". ") or "file")
            try:
                async with asyncio.timeout(WHOLE_S), self._http.stream("GET", f"/{file}") as answer:
                    answer.raise_for_status()
                    await self._keep(answer, path)
            except (httpx.HTTPError, TimeoutError) as error:
                raise Transient(code="file_not_fetched", message=f"The file did not come: {_said(error)}") from error
            yield path

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _keep(self, answer: httpx.Response, path: Path) -> None:
        size = 0
        with path.open("wb") as kept:
            async for piece in answer.aiter_bytes(PIECE):
                size += len(piece)
                if size > self._most:
                    raise ContentRejected(code="media_too_large", message=f"The file has more than {self._most} bytes.")
                await asyncio.to_thread(kept.write, piece)

    async def _put(self, content: bytes | AsyncIterator[bytes], size: int) -> str:
        file = uuid4().hex
        try:
            async with asyncio.timeout(WHOLE_S):
                answer = await self._http.put(f"/{file}", content=content, headers={"Content-Length": str(size)})
            answer.raise_for_status()
        except (httpx.HTTPError, TimeoutError) as error:
            raise Transient(code="file_not_sent", message=f"The file was not taken: {_said(error)}") from error
        return file


def _said(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"answered {error.response.status_code}"
    return type(error).__name__
