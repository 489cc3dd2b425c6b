"""Uploading a picture or a film."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.database import Database
from shared.errors import Conflict, NotMedia
from shared.identity.caller import Caller
from shared.ids import new_id
from shared.media import repository, shelf
from shared.media.shape import ENDINGS
from shared.media.shelf import Received
from shared.media.view import MediaView


@dataclass(frozen=True, slots=True)
class Room:
    """The limits of one upload, and of all of a workspace (bytes)."""

    most: int
    quota: int


async def upload_media(
    *, database: Database, caller: Caller, home: Path, room: Room, body: AsyncIterator[bytes]
) -> MediaView:
    """Store an upload under an id of our own, if it is of a known type from its first byte to its last.

    Raises:
        TooLarge: it is larger than one upload may be.
        Conflict: the workspace has no room for it.
        NotMedia: it is no PNG, JPEG, GIF, WebP, MP4, MOV or WebM, or something else besides.
    """
    async with database.read(caller.workspace_id) as connection:
        _require_room(await repository.used_bytes(connection, caller.workspace_id), 1, room)
    found = new_id()
    received = await shelf.receive(home, found, body, most=room.most)
    try:
        return await _keep(database, caller, home, room, found, received)
    finally:
        await asyncio.to_thread(shelf.drop, received.path)


async def _keep(database: Database, caller: Caller, home: Path, room: Room, found: UUID, received: Received) -> MediaView:
    if not received.size:
        raise NotMedia(
            message="The body is empty: send the file itself (`curl --data-binary @FILE`), or one file in a form."
        )
    if received.media_type is None:
        known = ", ".join(sorted(ENDINGS))
        raise NotMedia(message=f"This is none of {known}, or something else besides: nothing was kept.")
    row = {
        "id": found,
        "workspace_id": caller.workspace_id,
        "media_type": received.media_type,
        "size": received.size,
        "sha256": received.sha256,
        "added_by": caller.name,
    }
    async with database.change(caller.workspace_id) as connection:
        used = await repository.used_bytes(connection, caller.workspace_id, alone=True)
        _require_room(used, received.size, room)
        kept = await repository.add(connection, row)
        # Before the commit: a file without a row only takes room, a row without its file would be wrong.
        await asyncio.to_thread(shelf.keep, home, found, received)
    return MediaView.of(kept)


async def keep_made_file(
    connection: AsyncConnection, home: Path, room: Room, row: Mapping[str, Any], received: Received
) -> None:
    """Store a file that a task has made, by its row; one that an earlier try has stored stays.

    Raises:
        Conflict: the workspace has no room for it.
    """
    used = await repository.used_bytes(connection, row["workspace_id"], alone=True)
    if await repository.find(connection, row["id"]) is None:
        _require_room(used, received.size, room)
        await repository.add(connection, row)
    # Before the commit, as with uploads.
    await asyncio.to_thread(shelf.keep, home, row["id"], received)


def _require_room(used: int, more: int, room: Room) -> None:
    if used + more > room.quota:
        message = f"The workspace's uploads take {used} of {room.quota} bytes: delete some first."
        raise Conflict(code="media_quota", message=message)
