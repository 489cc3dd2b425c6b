"""Which uploads are there, and where is the file of one?"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.cursor import id_in
from shared.db.database import Database
from shared.errors import NotFound
from shared.identity.caller import Caller
from shared.media import repository
from shared.media.repository import MediaRow
from shared.media.shelf import place_of
from shared.media.view import MediaPage, MediaView


async def list_media(*, database: Database, caller: Caller, cursor: str | None, limit: int) -> MediaPage:
    """Return a page of the workspace's uploads."""
    async with database.read(caller.workspace_id) as connection:
        rows = await repository.page(connection, before=id_in(cursor) if cursor else None, limit=limit + 1)
    items = [MediaView.of(row) for row in rows[:limit]]
    return MediaPage.of(items, len(rows))


async def find_media(*, database: Database, caller: Caller, home: Path, wanted: UUID) -> tuple[MediaView, Path]:
    """Return one upload with its file, whose path is made from its id alone.

    Raises:
        NotFound: there is none, it is another workspace's, or its file is gone.
    """
    async with database.read(caller.workspace_id) as connection:
        row = await existing(connection, wanted)
    path = place_of(home, wanted)
    if not path.is_file():
        raise _missing(wanted)
    return MediaView.of(row), path


async def existing(connection: AsyncConnection, wanted: UUID) -> MediaRow:
    """Return the upload's row.

    Raises:
        NotFound: there is none.
    """
    row = await repository.find(connection, wanted)
    if row is None:
        raise _missing(wanted)
    return row


def _missing(wanted: UUID) -> NotFound:
    return NotFound(field="media", message=f"There is no upload {wanted}.")
