"""How is what others wrote to our accounts stored?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.models import Account, Interaction
from shared.db.rows import rows_of


@dataclass(frozen=True, slots=True)
class InteractionRow:
    """An interaction, with the handle of the account that received it."""

    id: UUID
    platform: str
    account: str
    kind: str
    external_id: str
    author: str
    text: str
    url: str
    at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """The newest message of a conversation, `own` or theirs, and how many there were."""

    id: UUID
    platform: str
    account: str
    handle: str
    text: str
    at: datetime
    own: bool
    received: int
    sent: int


_KNOWN = text("SELECT external_id FROM interactions WHERE account_id = :account ORDER BY id DESC LIMIT 500")

# Its id stays: a later reading must recognise it, however few came since.
_FORGET = text(
    """
    UPDATE interactions SET author = '', text = '', url = '', at = NULL, forgotten_at = clock_timestamp()
    WHERE id IN (
        SELECT id FROM interactions
        WHERE forgotten_at IS NULL AND received_at < (SELECT clock_timestamp()) - make_interval(days => :days)
        ORDER BY received_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
    """
)

_CONVERSATIONS = text(
    """
    WITH said AS (
        SELECT i.id, i.account_id, i.author AS handle, i.text, i.received_at AS at, false AS own FROM interactions i
        WHERE i.platform = :platform AND i.kind = 'message' AND i.author <> ''
          AND i.received_at > clock_timestamp() - interval '90 days'
        UNION ALL
        SELECT e.id, e.account_id, ltrim(e.target, '@'), e.text, e.intended_at, true FROM effects e
        WHERE e.platform = :platform AND e.action = 'dm' AND e.outcome = 'confirmed'
          AND e.intended_at > clock_timestamp() - interval '90 days'
    ),
    numbered AS (
        SELECT s.*, row_number() OVER newest AS place,
               count(*) FILTER (WHERE NOT own) OVER whole AS received, count(*) FILTER (WHERE own) OVER whole AS sent
        FROM said s
        WINDOW whole AS (PARTITION BY account_id, lower(handle)),
               newest AS (PARTITION BY account_id, lower(handle) ORDER BY id DESC)
    )
    SELECT n.id, a.platform, a.handle AS account, n.handle, n.text, n.at, n.own, n.received, n.sent
    FROM numbered n JOIN accounts a ON a.id = n.account_id
    WHERE n.place = 1 AND (CAST(:account AS text) IS NULL OR a.handle = :account)
      AND (CAST(:before AS uuid) IS NULL OR n.id < CAST(:before AS uuid))
    ORDER BY n.id DESC LIMIT :limit
    """
)


async def known(connection: AsyncConnection, account: UUID) -> frozenset[str]:
    """Return the platform's ids of the newest 500 received. Our own do not count: earlier ones may still be unknown."""
    return frozenset((await connection.execute(_KNOWN, {"account": account})).scalars())


async def add(connection: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Store one; return False where the account has it already."""
    statement = insert(Interaction).values(**row).on_conflict_do_nothing(constraint="uq_interactions_account_id_external_id")
    return (await connection.execute(statement.returning(Interaction.id))).first() is not None


async def page(
    connection: AsyncConnection, wanted: Mapping[str, str | None], *, before: UUID | None, limit: int
) -> list[InteractionRow]:
    """Return interactions before an id with the account's handle, newest first; None in `wanted` means any."""
    one = Interaction
    shown = (one.id, one.platform, one.kind, one.external_id, one.author, one.text, one.url, one.at, one.received_at)
    query = select(*shown, Account.handle.label("account"))
    query = query.join(Account, Account.id == Interaction.account_id)
    places = {
        "platform": Interaction.platform,
        "account": Account.handle,
        "kind": Interaction.kind,
    }
    query = query.where(Interaction.forgotten_at.is_(None))
    query = query.where(*(place == wanted[name] for name, place in places.items() if wanted[name] is not None))
    if (author := wanted["author"]) is not None:
        query = query.where(func.lower(Interaction.author) == author.lstrip("@").lower())
    if before is not None:
        query = query.where(Interaction.id < before)
    return rows_of(InteractionRow, await connection.execute(query.order_by(Interaction.id.desc()).limit(limit)))


async def conversations(
    connection: AsyncConnection, platform: str, account: str | None, *, before: UUID | None, limit: int
) -> list[ConversationRow]:
    """Return the newest message of each conversation of the last 90 days, newest first, before a message's id."""
    values = {"platform": platform, "account": account, "before": before, "limit": limit}
    return rows_of(ConversationRow, await connection.execute(_CONVERSATIONS, values))


async def forget_old(connection: AsyncConnection, days: int, limit: int) -> int:
    """Remove the content of what others wrote more than `days` days ago, at most `limit`; return how many."""
    return (await connection.execute(_FORGET, {"days": days, "limit": limit})).rowcount
