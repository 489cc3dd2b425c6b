"""How is the ledger counted, exactly, while many want to act at once?

First the scopes' rows are locked in the order of their keys, then a second statement counts: one statement, or a snapshot
taken before the lock, overshot (measured). Scopes without a rule are neither locked nor counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, DateTime, Integer, Interval, Text

from shared.db.events import as_json
from shared.engine.rules.budgets import OVERDUE, Share, Tally, Used, longest_pause, longest_window, most_of, with_share_over
from shared.engine.rules.facts import AccountState
from shared.engine.rules.ledger import ScopeStanding, Standing, share_of
from shared.engine.rules.limits import Limits
from shared.engine.store.effect_rows import EffectRow

_MAKE = text(
    "INSERT INTO budget_scopes (workspace_id, key) SELECT :workspace, unnest(:keys) ON CONFLICT DO NOTHING"
).bindparams(bindparam("keys", type_=ARRAY(Text)))
_LOCK = text(
    "SELECT key FROM budget_scopes WHERE workspace_id = :workspace AND key = ANY (:keys) ORDER BY key FOR NO KEY UPDATE"
).bindparams(bindparam("keys", type_=ARRAY(Text)))

# The parts of one post have their room by the first of them.
_SCOPES = {
    "account": "e.account_id = CAST(:of AS uuid) AND NOT e.part",
    "persona": "e.persona_id = CAST(:of AS uuid) AND NOT e.part",
    "platform": "e.workspace_id = :workspace AND e.platform = :of AND NOT e.part",
    "workspace": "e.workspace_id = :workspace AND NOT e.part",
}

_LEDGER = """
    SELECT e.action, e.id, e.settled_at, e.call_deadline FROM effects e
    WHERE {scope} AND e.settled_at IS NULL
    UNION ALL
    SELECT e.action, e.id, e.settled_at, e.call_deadline FROM effects e
    WHERE {scope} AND e.outcome <> 'absent'
      AND e.settled_at > (SELECT clock_timestamp()) - make_interval(secs => :window)
"""
_OF = {kind: text(_LEDGER.format(scope=scope)) for kind, scope in _SCOPES.items()}

# Rules are counted where the rows are. What occupies a window are the effects settled within it and those not settled yet;
# the latter leave last, since they are taken to settle later than now. Which of them leaves first is looked for only where
# `more` effects would fill the rule.
_TALLY = """
    WITH open AS MATERIALIZED (
        SELECT e.action, count(*) AS n FROM effects e
        WHERE {scope} AND e.settled_at IS NULL GROUP BY e.action
    ),
    rule AS MATERIALIZED (
        SELECT r.*, o.n AS open, s.n AS settled, :now - make_interval(secs => r.window_s) AS since
        FROM unnest(:actions, :windows, :most) WITH ORDINALITY AS r(action, window_s, most, number)
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(n), 0)::bigint AS n FROM open WHERE r.action = '*' OR open.action = r.action
        ) o
        CROSS JOIN LATERAL (
            SELECT count(*) AS n FROM effects e
            WHERE {scope} AND e.settled_at > :now - make_interval(secs => r.window_s) AND e.outcome <> 'absent'
              AND (r.action = '*' OR e.action = r.action)
        ) s
    )
    SELECT r.open + r.settled AS used,
           coalesce(first_settled.at, first_open.at) + make_interval(secs => r.window_s) AS frees_at
    FROM rule r
    LEFT JOIN LATERAL (
        SELECT e.settled_at AS at FROM effects e
        WHERE r.open + r.settled + :more >= r.most AND {scope} AND e.settled_at > r.since AND e.outcome <> 'absent'
          AND (r.action = '*' OR e.action = r.action)
        ORDER BY e.settled_at OFFSET greatest(0, r.open + r.settled - r.most) LIMIT 1
    ) first_settled ON true
    LEFT JOIN LATERAL (
        SELECT CASE WHEN e.call_deadline > :now THEN e.call_deadline ELSE :now + :overdue END AS at FROM effects e
        WHERE r.open + r.settled + :more >= r.most AND {scope} AND e.settled_at IS NULL
          AND (r.action = '*' OR e.action = r.action)
        ORDER BY at OFFSET greatest(0, r.open - r.most) LIMIT 1
    ) first_open ON first_settled.at IS NULL
    ORDER BY r.number
"""
_TALLY_OF = {
    kind: text(_TALLY.format(scope=scope)).bindparams(
        bindparam("actions", type_=ARRAY(Text)),
        bindparam("windows", type_=ARRAY(Integer)),
        bindparam("most", type_=ARRAY(BigInteger)),
        bindparam("now", type_=DateTime(timezone=True)),
        bindparam("overdue", type_=Interval),
    )
    for kind, scope in _SCOPES.items()
}

_OPEN = text(
    "DELETE FROM scopes WHERE workspace_id = :workspace AND gate IN ('budgets', 'spacing') AND scope = ANY (:scopes)"
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
    return await _since(connection, workspace, scope, longest_window(limits))


async def _since(connection: AsyncConnection, workspace: UUID, scope: str, back: timedelta) -> list[Used]:
    kind, _, of = scope.partition(":")
    values = {"workspace": workspace, "of": of, "window": back.total_seconds()}
    rows = (await connection.execute(_OF[kind], values)).all()
    return [Used(row.action, row.id, row.settled_at, row.call_deadline) for row in rows]


def scopes_of(effect: EffectRow) -> list[str]:
    """The scopes whose windows an effect occupies."""
    return [f"account:{effect.account_id}", f"persona:{effect.persona_id}", f"platform:{effect.platform}", "workspace"]


async def open_scopes(connection: AsyncConnection, workspace: UUID, scopes: Sequence[str]) -> None:
    """Let those be asked again who wait for these scopes' budgets or pauses."""
    await connection.execute(_OPEN, {"workspace": workspace, "scopes": scopes})


async def standing(
    connection: AsyncConnection, workspace: UUID, account: AccountState, now: datetime, *, more: int = 1
) -> Standing:
    """How the account's scopes stand, counted by PostgreSQL; `now` is its clock. Exact under the lock.

    At most `more` effects may be added before they are counted again.
    """
    found = []
    for scope, limits in account.limits:
        at = {"workspace": workspace, "now": now, "more": more}
        share = share_of(account, scope, now)
        tallies = await _tallies(connection, at, scope, limits, share) if limits.rules else ()
        recent = await _since(connection, workspace, scope, longest_pause(limits)) if limits.spacing else ()
        found.append(ScopeStanding(scope, limits, tuple(tallies), tuple(recent)))
    return Standing(tuple(found))


async def _tallies(
    connection: AsyncConnection, at: Mapping[str, Any], scope: str, limits: Limits, share: Share | None
) -> list[Tally]:
    most = [most_of(rule, share) for rule in limits.rules]
    counted = await _count(connection, at, scope, limits, most)
    frees = [row.frees_at for row in counted]
    if share is not None:
        whole = await _count(connection, at, scope, limits, [rule.max for rule in limits.rules])
        rows = zip(limits.rules, counted, whole, strict=True)
        frees = [with_share_over(rule, row.used, row.frees_at, share, all_of.frees_at) for rule, row, all_of in rows]
    rules = zip(limits.rules, counted, most, frees, strict=True)
    return [Tally(rule, row.used, at_most, free) for rule, row, at_most, free in rules]


async def _count(
    connection: AsyncConnection, at: Mapping[str, Any], scope: str, limits: Limits, most: Sequence[int]
) -> Sequence[Row[Any]]:
    kind, _, of = scope.partition(":")
    values = {
        **at,
        "of": of,
        "overdue": OVERDUE,
        "actions": [rule.action for rule in limits.rules],
        "windows": [rule.window_s for rule in limits.rules],
        "most": most,
    }
    return (await connection.execute(_TALLY_OF[kind], values)).all()


async def park(connection: AsyncConnection, workspace: UUID, standing: Standing, now: datetime) -> None:
    """Park what is full or too close now, and open what is not any more; under the lock. `now` is PostgreSQL's clock."""
    rows = [
        {"key": full.key, "gate": full.gate, "reason": full.reason, "opens_at": full.opens_at} for full in standing.full(now)
    ]
    await open_scopes(connection, workspace, [one.key for one in standing.scopes])
    if rows:
        await connection.execute(_PARK, {"workspace": workspace, "rows": as_json(rows)})
