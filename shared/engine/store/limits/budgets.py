"""How is the ledger counted, exactly, while many attempts want to act at once?

First the scopes' rows are locked in the order of their keys, then a second statement counts: one statement, or a snapshot
taken before the lock, overshot (measured). Scopes without a rule are neither locked nor counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, DateTime, Float, Integer, Interval, Text

from shared.db.events import as_json
from shared.db.rows import rows_of
from shared.engine.rules.budgets import OVERDUE, Share, Tally, Used, longest_pause, longest_window, most_of, with_share_over
from shared.engine.rules.facts import AccountState
from shared.engine.rules.ledger import ScopeStanding, Standing, share_of
from shared.engine.rules.limits import Limits, Rule
from shared.engine.store.rows.effect_rows import EffectRow

_MAKE = text(
    "INSERT INTO budget_scopes (workspace_id, key) SELECT :workspace, unnest(:keys) ON CONFLICT DO NOTHING"
).bindparams(bindparam("keys", type_=ARRAY(Text)))
_LOCK = text(
    "SELECT key FROM budget_scopes WHERE workspace_id = :workspace AND key = ANY (:keys) ORDER BY key FOR NO KEY UPDATE"
).bindparams(bindparam("keys", type_=ARRAY(Text)))

# Which effects count in a scope. The parts of one post are counted by the first of them.
_COUNTS_IN = {
    "account": "e.account_id = CAST({of} AS uuid) AND NOT e.part",
    "persona": "e.persona_id = CAST({of} AS uuid) AND NOT e.part",
    "platform": "e.workspace_id = :workspace AND e.platform = {of} AND NOT e.part",
    "workspace": "e.workspace_id = :workspace AND NOT e.part",
}

_LEDGER = """
    SELECT s.number, e.* FROM unnest(:ofs, :windows) WITH ORDINALITY AS s(scoped, window_s, number)
    CROSS JOIN LATERAL (
        SELECT e.action, e.id, e.settled_at, e.call_deadline FROM effects e
        WHERE {scope} AND e.settled_at IS NULL
        UNION ALL
        SELECT e.action, e.id, e.settled_at, e.call_deadline FROM effects e
        WHERE {scope} AND e.outcome <> 'absent'
          AND e.settled_at > (SELECT clock_timestamp()) - make_interval(secs => s.window_s)
    ) e
"""
_OFS = bindparam("ofs", type_=ARRAY(Text))
_LEDGER_OF = {
    kind: text(_LEDGER.format(scope=scope.format(of="s.scoped"))).bindparams(_OFS, bindparam("windows", type_=ARRAY(Float)))
    for kind, scope in _COUNTS_IN.items()
}

# Rules are counted where the rows are. What occupies a window are the effects settled within it and those not settled yet;
# the latter leave last, since they are taken to settle later than now. Which of them leaves first is looked for only where
# `more` effects would fill the rule.
_TALLY = """
    WITH asked AS MATERIALIZED (
        SELECT a.*, :now - make_interval(secs => a.window_s) AS since
        FROM unnest(:ofs, :actions, :windows, :most) WITH ORDINALITY AS a(scoped, action, window_s, most, number)
    ),
    open AS MATERIALIZED (
        SELECT r.scoped, e.action, e.n FROM (SELECT DISTINCT scoped FROM asked) r
        CROSS JOIN LATERAL (
            SELECT e.action, count(*) AS n FROM effects e WHERE {scope} AND e.settled_at IS NULL GROUP BY e.action
        ) e
    ),
    rule AS MATERIALIZED (
        SELECT r.*, o.n AS open, s.n AS settled FROM asked r
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(n), 0)::bigint AS n FROM open
            WHERE open.scoped = r.scoped AND (r.action = '*' OR open.action = r.action)
        ) o
        CROSS JOIN LATERAL (
            SELECT count(*) AS n FROM effects e
            WHERE {scope} AND e.settled_at > r.since AND e.outcome <> 'absent' AND (r.action = '*' OR e.action = r.action)
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
    kind: text(_TALLY.format(scope=scope.format(of="r.scoped"))).bindparams(
        _OFS,
        bindparam("actions", type_=ARRAY(Text)),
        bindparam("windows", type_=ARRAY(Integer)),
        bindparam("most", type_=ARRAY(BigInteger)),
        bindparam("now", type_=DateTime(timezone=True)),
        bindparam("overdue", type_=Interval),
    )
    for kind, scope in _COUNTS_IN.items()
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
Limited = tuple[str, Limits]


@dataclass(frozen=True, slots=True)
class _ScopedRule:
    """One rule of a scope that is counted, and how many it lets."""

    scope: str
    rule: Rule
    most: int


@dataclass(frozen=True, slots=True)
class _Counted:
    """What occupies a rule's window, and when a place in it is free again."""

    used: int
    frees_at: datetime | None


async def lock(connection: AsyncConnection, workspace: UUID, accounts: Sequence[AccountState]) -> None:
    """Lock these accounts' budget scopes until the transaction ends."""
    keys = sorted({scope for account in accounts for scope, _ in account.limits})
    if not keys:
        return
    values = {"workspace": workspace, "keys": keys}
    held = (await connection.execute(_LOCK, values)).scalars().all()
    if len(held) < len(keys):
        await connection.execute(_MAKE, values)
        await connection.execute(_LOCK, values)


async def ledger(connection: AsyncConnection, workspace: UUID, account: AccountState) -> Ledger:
    """Return what occupies the account's scopes, by scope."""
    windows = {scope: longest_window(limits) for scope, limits in account.limits}
    return await _since(connection, workspace, windows)


async def of_scope(connection: AsyncConnection, workspace: UUID, scope: str, limits: Limits) -> Sequence[Used]:
    """Return what occupies one scope, as far back as its limits look."""
    return (await _since(connection, workspace, {scope: longest_window(limits)}))[scope]


async def _since(connection: AsyncConnection, workspace: UUID, windows: Mapping[str, timedelta]) -> Ledger:
    """Return what occupies each scope, as far back as is said for it."""
    found: dict[str, list[Used]] = {scope: [] for scope in windows}
    for kind, scopes in _by_kind(windows).items():
        back = [windows[scope].total_seconds() for scope in scopes]
        values = {"workspace": workspace, "ofs": [_of(scope) for scope in scopes], "windows": back}
        for row in (await connection.execute(_LEDGER_OF[kind], values)).all():
            used = Used(row.action, row.id, row.settled_at, row.call_deadline)
            found[scopes[row.number - 1]].append(used)
    return found


def _by_kind(scopes: Iterable[str]) -> dict[str, list[str]]:
    """Return the keys of scopes by their kind, in order."""
    found: dict[str, list[str]] = {}
    for scope in scopes:
        found.setdefault(scope.partition(":")[0], []).append(scope)
    return found


def _of(scope: str) -> str:
    """Return what a scope's key is of: an account, a persona, a platform."""
    return scope.partition(":")[2]


def scopes_of(effect: EffectRow) -> list[str]:
    """Return the scopes whose windows an effect occupies."""
    return [f"account:{effect.account_id}", f"persona:{effect.persona_id}", f"platform:{effect.platform}", "workspace"]


async def open_scopes(connection: AsyncConnection, workspace: UUID, scopes: Sequence[str]) -> None:
    """Wake tasks that wait for these scopes' budgets or pauses."""
    await connection.execute(_OPEN, {"workspace": workspace, "scopes": scopes})


async def standing(
    connection: AsyncConnection, workspace: UUID, accounts: Iterable[AccountState], now: datetime, *, more: int = 1
) -> Standing:
    """Return how these accounts' scopes stand, counted by PostgreSQL; `now` is its clock. Exact under the lock.

    At most `more` effects may be added before they are counted again.
    """
    shares = {limited: share_of(account, limited[0], now) for account in accounts for limited in account.limits}
    pauses: dict[str, timedelta] = {}
    for scope, limits in shares:
        if limits.spacing:
            pauses[scope] = max(pauses.get(scope, timedelta()), longest_pause(limits))
    recent = await _since(connection, workspace, pauses)
    tallies = await _tallies(connection, {"workspace": workspace, "now": now, "more": more}, shares)
    return Standing(
        {
            (scope, limits): ScopeStanding(
                scope, limits, tuple(tallies[scope, limits]), tuple(recent[scope]) if limits.spacing else ()
            )
            for scope, limits in shares
        }
    )


async def _tallies(
    connection: AsyncConnection, at: Mapping[str, Any], shares: Mapping[Limited, Share | None]
) -> dict[Limited, list[Tally]]:
    """Return what each rule of these limited scopes comes to; what a cooldown leaves of it is counted beside the whole."""
    asked = [
        _ScopedRule(scope, rule, most)
        for (scope, limits), share in shares.items()
        for rule in limits.rules
        for most in dict.fromkeys((most_of(rule, share), rule.max))
    ]
    counted = await _count(connection, at, asked)
    found: dict[Limited, list[Tally]] = {limited: [] for limited in shares}
    for (scope, limits), share in shares.items():
        for rule in limits.rules:
            most = most_of(rule, share)
            row, whole = counted[_ScopedRule(scope, rule, most)], counted[_ScopedRule(scope, rule, rule.max)]
            free = row.frees_at if share is None else with_share_over(rule, row.used, row.frees_at, share, whole.frees_at)
            found[scope, limits].append(Tally(rule, row.used, most, free))
    return found


async def _count(
    connection: AsyncConnection, at: Mapping[str, Any], asked: Sequence[_ScopedRule]
) -> Mapping[_ScopedRule, _Counted]:
    """Return for each what it comes to, with one statement for each kind of scope."""
    found: dict[_ScopedRule, _Counted] = {}
    for kind in _by_kind(one.scope for one in asked):
        of_kind = [one for one in dict.fromkeys(asked) if one.scope.partition(":")[0] == kind]
        values = {
            **at,
            "overdue": OVERDUE,
            "ofs": [_of(one.scope) for one in of_kind],
            "actions": [one.rule.action for one in of_kind],
            "windows": [one.rule.window_s for one in of_kind],
            "most": [one.most for one in of_kind],
        }
        rows = rows_of(_Counted, await connection.execute(_TALLY_OF[kind], values))
        found.update(zip(of_kind, rows, strict=True))
    return found


async def park(connection: AsyncConnection, workspace: UUID, standing: Standing, now: datetime) -> None:
    """Park what is full or too close now, and open what no longer is; under the lock. `now` is PostgreSQL's clock."""
    rows = [
        {"key": full.key, "gate": full.gate, "reason": full.reason, "opens_at": full.opens_at} for full in standing.full(now)
    ]
    await open_scopes(connection, workspace, sorted({scope for scope, _ in standing.scopes}))
    if rows:
        await connection.execute(_PARK, {"workspace": workspace, "rows": as_json(rows)})
