"""Are there still credits for the chosen tasks? They are reserved in the transaction of the release, under a lock.

The gates were asked before the lock was held. Here the ledger is read again, so that two tasks never share the last credit,
whoever else reserves some at the same time. A task that comes too late is not released in this tick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.engine.rules.credits import UNREAD, reserved, why_not
from shared.engine.rules.facts import TaskFacts
from shared.engine.store.limits import credits
from shared.engine.store.rows.task_rows import QueuedTask


async def promise_credits(
    connection: AsyncConnection, chosen: Sequence[QueuedTask], facts: Mapping[UUID, TaskFacts]
) -> list[QueuedTask]:
    """Reserve what the chosen tasks need; return those that may really be released.

    A part of a run gets the credits of all parts at once, or none.
    """
    wanting = {row.id: row.account_id for row in chosen if facts[row.id].credits and row.account_id is not None}
    if not wanting:
        return list(chosen)
    held = await credits.lock_runs(connection, {row.run_id for row in chosen if row.id in wanting and row.run_id})
    await credits.lock(connection, wanting.values())
    _, ledgers = await credits.ledgers(connection, list(wanting.values()))
    needs = await credits.needs(connection, list(wanting))
    kept, covered = [], set()
    for row in chosen:
        need = needs.get(row.id)
        if need is None or not need.amount or row.run_id in covered:
            kept.append(row)
            continue
        account = wanting[row.id]
        ledger = ledgers.get(account, UNREAD)
        if (row.run_id and row.run_id not in held) or why_not(ledger, needs=need.amount, at_least=need.at_least):
            continue
        await credits.reserve(connection, row.id, row.run_id)
        ledgers[account] = reserved(ledger, need.amount)
        covered |= {row.run_id} - {None}
        kept.append(row)
    return kept
