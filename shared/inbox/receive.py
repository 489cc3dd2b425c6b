"""Others have written to an account: new items are stored once, and opt-outs take effect at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.accounts.acting import ActingAccount
from shared.db import events
from shared.do_not_contact.opt_out import hear
from shared.ids import new_id
from shared.inbox import repository

log = structlog.get_logger()

HANDLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
LONGEST = 5_000  # characters of a text that are stored


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message, comment or mention as a page showed it. `at` is the page's own time, where it says one."""

    kind: str
    external_id: str
    author: str
    text: str
    url: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The number of new items, and of opt-outs among them."""

    received: int
    left_alone: int


async def receive(*, engine: AsyncEngine, account: ActingAccount, incoming: Sequence[Incoming]) -> Received:
    """Store what is new, the oldest first, each in a transaction of its own with its event.

    The order of locks is the common one: an opt-out asks tasks' gates again, and the event comes last.
    """
    received = left_alone = 0
    for one in reversed(incoming):
        row = _row(account, one)
        async with engine.begin() as connection:
            if not await repository.add(connection, row):
                continue
            received += 1
            left_alone += await _hear(connection, account, row)
            data = {"interaction": row["id"], "kind": one.kind, "platform": account.platform, "account": account.handle}
            await events.append(connection, account.workspace_id, "interaction.received", data | {"author": row["author"]})
    return Received(received, left_alone)


async def _hear(connection: AsyncConnection, account: ActingAccount, row: dict[str, object]) -> bool:
    author, said = str(row["author"]), str(row["text"])
    if not author:
        log.warning("interaction.without_author", interaction=str(row["id"]))
        return False
    said = said.removeprefix(f"@{account.handle.lstrip('@')}").lstrip()
    return await hear(
        connection=connection, workspace=account.workspace_id, platform=account.platform, handle=author, text=said
    )


def _row(account: ActingAccount, one: Incoming) -> dict[str, object]:
    author = one.author.lstrip("@")
    return {
        "id": new_id(),
        "workspace_id": account.workspace_id,
        "account_id": account.id,
        "platform": account.platform,
        "kind": one.kind,
        "external_id": one.external_id[:200],
        "author": author if HANDLE.fullmatch(author) else "",
        "text": one.text.replace("\x00", "")[:LONGEST],
        "url": one.url[:2048],
        "at": one.at,
    }
