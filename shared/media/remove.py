"""Deleting an upload."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

from shared.db.database import Database
from shared.identity.caller import Caller
from shared.media import repository
from shared.media.find import existing
from shared.media.shelf import drop, place_of
from shared.media.view import MediaView


async def remove_media(*, database: Database, caller: Caller, home: Path, wanted: UUID) -> MediaView:
    """Remove the upload, then its file.

    Raises:
        NotFound: there is none, or it is another workspace's.
    """
    async with database.change(caller.workspace_id) as connection:
        row = await existing(connection, wanted)
        await repository.remove(connection, wanted)
    await asyncio.to_thread(drop, place_of(home, wanted))
    return MediaView.of(row)
