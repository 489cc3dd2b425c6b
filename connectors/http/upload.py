"""How does a large file reach a platform in chunks? Each may be sent again; only what publishes it afterwards is an effect.

The caller knows the platform's protocol (`Content-Range`, `Upload-Offset`, a number of the segment), and provides functions
that send one chunk and ask what has arrived. None of this is outward: nobody can see what was uploaded yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.http.body import FilePart
from connectors.http.egress import Answer
from connectors.http.retry_after import retry_after
from shared.errors import RateLimited, Transient

TRIES = 4
MOST_LOST = 20
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 20.0  # a longer wait ends the attempt; a later attempt goes on from there
TOO_MANY = 429
SERVER_FAULT = 500


@dataclass(frozen=True, slots=True)
class Uploading:
    """One platform's way of receiving chunks.

    `send` sends the bytes of a chunk that begins at `offset` of the file. `arrived` asks how many of the file's bytes are
    there (None: the platform does not say, and a chunk that got no answer is sent again). `pause` waits so many seconds.
    """

    send: Callable[[FilePart, int], Awaitable[Answer]]
    arrived: Callable[[], Awaitable[int]] | None = None
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


async def upload(file: FilePart, chunk: int, how: Uploading, *, begin: int = 0) -> Answer | None:
    """Send a file from `begin` on in chunks, and return the last answer: the first that refuses, or that of the last chunk.

    Return None where all of it has arrived and the last answer was lost.

    Raises:
        RateLimited: the platform asks for a longer wait than one attempt makes.
        Transient: a chunk got no answer at any of its tries, or the upload makes no progress.
    """
    offset, answer, lost = begin, None, 0
    while offset < file.size:
        part = FilePart(file.path, file.start + offset, min(chunk, file.size - offset))
        answer, offset = await _send(part, offset, how)
        if answer is None:
            lost += 1
            if lost == MOST_LOST:
                raise Transient(code="upload_stuck", message=f"{lost} answers of an upload were lost.")
        elif answer.status >= 400:  # noqa: PLR2004 - what HTTP calls an error
            return answer
    return answer


async def _send(part: FilePart, offset: int, how: Uploading) -> tuple[Answer | None, int]:
    """Send one chunk until it is answered; where the platform says that it has more already, go on from there."""
    for number in range(TRIES):
        try:
            answer = await how.send(part, offset)
        except Transient:
            if number == TRIES - 1:
                raise
            await how.pause(_backoff(number))
            if how.arrived is not None and (there := await how.arrived()) != offset:
                return None, there
            continue
        if answer.status != TOO_MANY and answer.status < SERVER_FAULT:
            return answer, offset + part.size
        if number < TRIES - 1:
            await how.pause(_asked_for(answer, number))
    return answer, offset


def _asked_for(answer: Answer, number: int) -> float:
    """Return how long to wait after this answer, in seconds.

    Raises:
        RateLimited: longer than one attempt waits.
    """
    now = datetime.now(UTC)
    until = retry_after(answer.headers, now)
    if until is None:
        return _backoff(number)
    if (until - now).total_seconds() > LONGEST_PAUSE_S:
        raise RateLimited(message=f"The platform answered {answer.status} to a part of a file.", until=until)
    return (until - now).total_seconds()


def _backoff(number: int) -> float:
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * float(1 << number))
