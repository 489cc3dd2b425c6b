"""A film's file has come: it is inspected, compared with the order, and stored among the workspace's uploads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.errors import Conflict, ContentRejected, NotConfigured, NotMedia, TooLarge, Transient
from shared.films.probe import FilmFacts, facts_of
from shared.media import shelf
from shared.media.shelf import Received
from shared.media.upload import Room, keep_made_file
from shared.task_types.film import FilmResult

FILM = "video/mp4"
# Makers round to whole frames and audio samples; a truncated file is shorter by more.
MOST_OFF_S = 1.0


@dataclass(frozen=True, slots=True)
class FilmFile:
    """The id that the file gets, its owner, its length (seconds), and who is named as its sender."""

    media_id: UUID
    workspace_id: UUID
    seconds: int
    added_by: str


async def keep_film(
    *, engine: AsyncEngine, home: Path, room: Room, wanted: FilmFile, body: AsyncIterator[bytes]
) -> FilmResult:
    """Store the file that comes in, once: one that an earlier try has stored stays.

    Raises:
        Transient: it is no complete MP4 of that length; it may be fetched again.
        ContentRejected: it is larger than an upload may be.
        NotConfigured: the workspace has no room for it.
    """
    try:
        received = await shelf.receive(home, wanted.media_id, body, most=room.most)
    except TooLarge as error:
        raise ContentRejected(code=error.code, message=error.message) from error
    try:
        facts = await _looked_at(received, wanted)
        await _store(engine, home, room, wanted, received)
    finally:
        await asyncio.to_thread(shelf.drop, received.path)
    return FilmResult(
        media_id=wanted.media_id, seconds=facts.seconds, width=facts.width, height=facts.height, size=received.size
    )


async def _looked_at(received: Received, wanted: FilmFile) -> FilmFacts:
    if received.media_type != FILM:
        raise Transient(code="bad_file", message=f"What came is {received.media_type or 'no film'}, or not all of one.")
    try:
        facts = await asyncio.to_thread(facts_of, received.path)
    except NotMedia as error:
        raise Transient(code="bad_file", message=error.message) from error
    if abs(facts.seconds - wanted.seconds) > MOST_OFF_S:
        message = f"The film plays {facts.seconds:.1f} s, {wanted.seconds} s were ordered."
        raise Transient(code="bad_file", message=message)
    return facts


async def _store(engine: AsyncEngine, home: Path, room: Room, wanted: FilmFile, received: Received) -> None:
    row = {
        "id": wanted.media_id,
        "workspace_id": wanted.workspace_id,
        "media_type": FILM,
        "size": received.size,
        "sha256": received.sha256,
        "added_by": wanted.added_by,
    }
    try:
        async with engine.begin() as connection:
            await keep_made_file(connection, home, room, row, received)
    except Conflict as error:
        raise NotConfigured(code=error.code, setting="CALLSHEET_MEDIA_QUOTA_BYTES", message=error.message) from error
