"""A message has come to one of our accounts: does its author opt out of messages?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import events
from shared.do_not_contact import repository
from shared.do_not_contact.stop_words import opt_out_in
from shared.do_not_contact.view import Entry, name_of

DOUBTFUL = "do_not_contact.doubtful"


async def hear(*, connection: AsyncConnection, workspace: UUID, platform: str, handle: str, text: str) -> bool:
    """Add the author of a message to the list, for every persona, if it asks for that; return whether it does.

    An author who may have asked is added as `doubtful`, and a person is told to decide: to remove the entry, or to
    confirm it. Called for each incoming message before anything else is done with it, in the same transaction,
    as its last statement. An invalid handle is left to the caller's own check of what a platform sends.

    Raises:
        ValueError: it is no handle.
    """
    wish = opt_out_in(text)
    if wish is None:
        return False
    reason, source, event = f"wrote {wish.words!r}", "stop_word", "do_not_contact.added"
    if wish.doubtful:
        reason, source, event = f"{reason}, which may mean to be left alone: a person decides", "doubtful", DOUBTFUL
    row = Entry(handle, platform=platform, reason=reason).row()
    await repository.wake(connection, workspace, [name_of(row)])
    if await repository.add(connection, workspace, [row], source=source, by=""):
        data = {"name": name_of(row), "platform": platform, "word": wish.words}
        if wish.doubtful:
            data["reason"] = f"{name_of(row)} {reason}"
        await events.append(connection, workspace, event, data)
    return True
