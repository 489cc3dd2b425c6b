"""How is the ledger counted, exactly, while many want to act at once?

First the scopes' rows are locked in the order of their keys, then a second statement counts: one statement, or a snapshot
taken before the lock, overshot (measured). Scopes without a rule are neither locked nor counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from shared.db.repositories.events import as_json
from shared.scheduling.budgets import Used, longest_window, to_park
from shared.scheduling.facts import AccountState
from shared.scheduling.ledger import share_of
from shared.scheduling.limits import Limits

_MAKE = text(
    "INSERT INTO budget_scopes (workspace_id, key) SELECT :workspace, unnest(:keys) ON CONFLICT DO NOTHING"
).bindparams(bindparam("keys", type_=ARRAY(Text)))
_LOCK = text(
    "SELECT key FROM budget_scopes WHERE workspace_id = :workspace AND key = ANY (:keys) ORDER BY key FOR UPDATE"
).bindparams(bindparam("keys", type_=ARRAY(Text)))

_LEDGER = """
    SELECT action, id, settled_at, call_deadline FROM effects
    WHERE {scope} AND outcome <> 'absent'
      AND (settled_at IS NULL OR settled_at > clock_timestamp() - make_interval(secs => :window))
"""
_OF = {
    "account": text(_LEDGER.format(scope="account_id = CAST(:of AS uuid)")),
    "persona": text(_LEDGER.format(scope="persona_id = CAST(:of AS uuid)")),
    "platform": text(_LEDGER.format(scope="workspace_id = :workspace AND platform = :of")),
    "workspace": text(_LEDGER.format(scope="workspace_id = :workspace")),
}

_OPEN = text(
    "DELETE FROM scopes WHERE workspace_id = :workspace AND gate IN ('budgets', 'spacing')"
    " AND split_part(key, '#', 1) = ANY (:scopes)"
).bindparams(bindparam("scopes", type_=ARRAY(Text)))
_PARK = text(
    """
    INSERT INTO scopes (workspace_id, key, gate, reason, opens_at)
    SELECT :workspace, p.key, p.gate, p.reason, p.opens_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS p(key text, gate text, reason text, opens_at timestamptz)
    ON CONFLICT (workspace_id, key, gate) DO UPDATE SET reason = excluded.reason, opens_at = excluded.opens_at
    """
)

Ledger = Mapping[str, Sequence[Used]]


async def lock(connection: AsyncConnection, workspace: UUID, account: AccountState) -> None:
    """Keep everybody else out of the account's budget scopes until the transaction ends."""
    keys = sorted(scope for scope, _ in account.limits)
    if not keys:
        return
    values = {"workspace": workspace, "keys": keys}
    held = (await connection.execute(_LOCK, values)).scalars().all()
    if len(held) < len(keys):
        await connection.execute(_MAKE, values)
        await connection.execute(_LOCK, values)


async def ledger(connection: AsyncConnection, workspace: UUID, account: AccountState) -> Ledger:
    """What occupies the account's scopes, by scope."""
    return {scope: await of_scope(connection, workspace, scope, limits) for scope, limits in account.limits}


async def of_scope(connection: AsyncConnection, workspace: UUID, scope: str, limits: Limits) -> list[Used]:
    """What occupies one scope, as far back as its limits look."""
    kind, _, of = scope.partition(":")
    values = {"workspace": workspace, "of": of, "window": longest_window(limits).total_seconds()}
    rows = (await connection.execute(_OF[kind], values)).all()
    return [Used(row.action, row.id, row.settled_at, row.call_deadline) for row in rows]


def scopes_of(effect: Row[Any]) -> list[str]:
    """The scopes whose windows an effect occupies."""
    return [f"account:{effect.account_id}", f"persona:{effect.persona_id}", f"platform:{effect.platform}", "workspace"]


async def open_scopes(connection: AsyncConnection, workspace: UUID, scopes: Sequence[str]) -> None:
    """Let those be asked again who wait for these scopes' budgets or pauses."""
    await connection.execute(_OPEN, {"workspace": workspace, "scopes": scopes})


async def park(connection: AsyncConnection, workspace: UUID, account: AccountState, now: datetime) -> None:
    """Park what is full or too close now, and open what is not any more; under the lock. `now` is PostgreSQL's clock."""
    found = await ledger(connection, workspace, account)
    rows = [
        {"key": full.key, "gate": full.gate, "reason": full.reason, "opens_at": full.opens_at}
        for scope, limits in account.limits
        for full in to_park(scope, limits, found[scope], now, share=share_of(account, scope, now))
    ]
    await open_scopes(connection, workspace, [scope for scope, _ in account.limits])
    if rows:
        await connection.execute(_PARK, {"workspace": workspace, "rows": as_json(rows)})
