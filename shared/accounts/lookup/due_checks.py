"""Which accounts may be checked automatically, when were they last checked, and which checks are open?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from shared.ids import SYSTEM_WORKSPACE

CheckType = Literal["account_check", "inbox_sync"]

# Those not checked for longest come first, so that the limit leaves none out for ever.
_CANDIDATES = f"""
    SELECT a.id, a.workspace_id, a.platform, a.transport, a.created_at, a.inbox_every_s, h.name AS host, looked.last_at
    FROM accounts a LEFT JOIN hosts h ON h.id = a.host_id
    CROSS JOIN LATERAL (
        SELECT greatest({{seen_at}}, (
            SELECT max(t.due_at) FROM tasks t
            WHERE t.account_id = a.id AND t.type = '{{type}}' AND t.due_at <= (SELECT clock_timestamp()))) AS last_at
    ) looked
    WHERE (a.state = 'connected' OR a.state_until <= clock_timestamp())
      AND (a.platform || ' ' || a.transport) = ANY (:ways) AND {{wanted}}
      AND NOT EXISTS (
        SELECT FROM scopes s WHERE s.workspace_id IN (a.workspace_id, '{SYSTEM_WORKSPACE}')
          AND (s.opens_at IS NULL OR s.opens_at > clock_timestamp())
          AND ((s.gate = 'kill' AND s.key = 'all')
            OR (s.gate = 'system' AND s.key IN ('all', 'platform:' || a.platform, 'account:' || a.id))
            OR (s.gate = 'connection' AND s.key = 'capability:' || a.platform || ':' || :capability)))
    ORDER BY coalesce(looked.last_at, a.created_at), a.id LIMIT 1000
    """


def _candidates(kind: CheckType, *, seen_at: str, wanted: str) -> Any:
    query = _CANDIDATES.format(type=kind, seen_at=seen_at, wanted=wanted)
    return text(query).bindparams(bindparam("ways", type_=ARRAY(Text)))


_CHECKS = _candidates("account_check", seen_at="a.checked_at", wanted="a.transport <> 'api'")
_READINGS = _candidates(
    "inbox_sync",
    seen_at="NULL",
    wanted="""a.inbox_every_s IS NOT NULL AND (looked.last_at IS NULL
        OR looked.last_at <= clock_timestamp() - make_interval(secs => a.inbox_every_s))""",
)
_STATEMENTS: dict[CheckType, Any] = {"account_check": _CHECKS, "inbox_sync": _READINGS}

# A check that somebody wants next week holds up none today.
_OPEN = {
    kind: text(
        f"""
        SELECT account_id, lane FROM tasks
        WHERE type = '{kind}' AND status IN ('scheduled', 'pending', 'queued', 'running')
          AND due_at < (SELECT clock_timestamp()) + interval '1 hour'
        """
    )
    for kind in _STATEMENTS
}


async def candidates(
    connection: AsyncConnection, kind: CheckType, capability: str, ways: Iterable[tuple[str, str]]
) -> Sequence[Row[Any]]:
    """Return accounts over these (platform, transport) that may act, with when such a check was last due (None: never)."""
    named = sorted(" ".join(way) for way in ways)
    return (await connection.execute(_STATEMENTS[kind], {"ways": named, "capability": capability})).all()


async def open_checks(connection: AsyncConnection, kind: CheckType) -> Sequence[Row[Any]]:
    """Return the account and lane of every such check that waits or runs now."""
    return (await connection.execute(_OPEN[kind])).all()
