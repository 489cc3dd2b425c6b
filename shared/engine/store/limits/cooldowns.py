"""How does an account's pause after a refusal begin, and how many refusals were there before?"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import events
from shared.engine.rules.cooldown import FORGIVEN_AFTER, Cooldown

_REFUSALS = text(
    "SELECT refusals FROM cooldowns WHERE account_id = :account"
    " AND since > clock_timestamp() - make_interval(secs => :forgiven) FOR NO KEY UPDATE"
)
_REST = text(
    """
    INSERT INTO cooldowns AS c (account_id, workspace_id, cause, refusals, since, until, share)
    VALUES (:account, :workspace, :cause, :refusals, :since, :until, :share)
    ON CONFLICT (account_id) DO UPDATE SET cause = excluded.cause, refusals = excluded.refusals, since = excluded.since,
        until = greatest(c.until, excluded.until), share = least(excluded.share, CASE
            WHEN c.until + (c.until - c.since) > clock_timestamp() THEN c.share ELSE excluded.share END)
    """
)


async def refusals(connection: AsyncConnection, account: UUID) -> int:
    """Return how often the platform has refused the account lately."""
    values = {"account": account, "forgiven": FORGIVEN_AFTER.total_seconds()}
    return int((await connection.execute(_REFUSALS, values)).scalar() or 0)


async def rest(connection: AsyncConnection, workspace: UUID, account: UUID, cooldown: Cooldown, before: int) -> None:
    """Begin an account's pause, with its event; a longer pause and a smaller share that hold stay. Ends its transaction."""
    values = {
        "account": account,
        "workspace": workspace,
        "cause": cooldown.cause,
        "refusals": min(before + 1, 1000),
        "since": cooldown.since,
        "until": cooldown.until,
        "share": cooldown.share,
    }
    await connection.execute(_REST, values)
    data = {"key": f"account:{account}", "gate": "cooldown", "reason": cooldown.cause, "until": cooldown.until.isoformat()}
    await events.append(connection, workspace, "scope.parked", data)
