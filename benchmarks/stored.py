"""How are many tasks stored at once, and the million that every later question stands on?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.home import Home

MILLION = 1_000_000
WORKSPACES = 4
ACCOUNTS = 20  # of each workspace
FAR = timedelta(days=1)
EVERY_S = 2.5  # one after another: the last falls due after a month
COMMENT = {"post_url": "http://127.0.0.1/p/1/", "text": "What a light in this one."}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a task is, and where it runs."""

    workspace_id: UUID
    lane: str
    account_id: UUID | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of task: its type, its payload, and the mark by which it is found again."""

    type: str
    payload: dict[str, Any]
    mark: str


_STORE = """
    INSERT INTO tasks (id, workspace_id, type, type_version, platform, account_id, lane, priority, rank, status, payload,
                       payload_hash, due_at, max_retries, correlation_id, scheduled_for, not_before)
    SELECT uuidv7(), p.workspace_id, %(type)s, 1, p.platform, p.account_id, p.lane, 3, 3, %(status)s, %(payload)s, '',
           w.at, 0, %(mark)s, s.at, s.at
    FROM generate_series(0, %(count)s - 1) AS n
    CROSS JOIN LATERAL (SELECT %(first)s + n * %(step)s * interval '1 second' AS at) w
    CROSS JOIN LATERAL (SELECT CASE %(status)s WHEN 'scheduled' THEN w.at END AS at) s
    JOIN unnest(%(workspaces)s::uuid[], %(accounts)s::uuid[], %(platforms)s::text[], %(lanes)s::text[])
         WITH ORDINALITY AS p(workspace_id, account_id, platform, lane, number) ON p.number = 1 + n %% %(places)s
"""

_FOUND = """
    WITH w AS (INSERT INTO workspaces (id, name) SELECT uuidv7(), 'bench-' || n FROM generate_series(1, %(workspaces)s) n
               RETURNING id),
    c AS (INSERT INTO event_counters (workspace_id) SELECT id FROM w),
    p AS (INSERT INTO personas (id, workspace_id, name) SELECT uuidv7(), id, 'bench' FROM w RETURNING id, workspace_id)
    INSERT INTO accounts (id, workspace_id, persona_id, platform, handle, transport, origin, practice)
    SELECT uuidv7(), workspace_id, id, 'tiktok', 'bench-' || n, 'api', 'http://127.0.0.1', true
    FROM p, generate_series(1, %(accounts)s) n RETURNING workspace_id, id, platform
"""


def store(
    home: Home,
    places: Sequence[Place],
    count: int,
    sort: Sort,
    *,
    first: datetime | None = None,
    step_s: float = 0,
) -> None:
    """Store tasks, in turn at each place: pending, or planned from `first` on, one each `step_s` seconds.

    They are put in as the database's owner, without the event of their beginning: what is measured comes later.
    """
    values = {
        "type": sort.type,
        "payload": json.dumps(sort.payload),
        "mark": sort.mark,
        "status": "pending" if first is None else "scheduled",
        "first": first or datetime.now(UTC),
        "step": step_s,
        "count": count,
        "places": len(places),
        "workspaces": [place.workspace_id for place in places],
        "accounts": [place.account_id for place in places],
        "platforms": [place.platform for place in places],
        "lanes": [place.lane for place in places],
    }
    # What references and guards cost a million rows is not what is asked here.
    home.database.execute("SET session_replication_role = replica")
    home.database.execute(_STORE, values)
    home.database.execute("RESET session_replication_role")


def fill(home: Home) -> list[UUID]:
    """Store a million future tasks of several workspaces, half of them for accounts; once for each home."""
    found = home.database.execute("SELECT id FROM workspaces WHERE name LIKE 'bench-%'").fetchall()
    if found:
        return [UUID(str(row[0])) for row in found]
    rows = home.database.execute(_FOUND, {"workspaces": WORKSPACES, "accounts": ACCOUNTS}).fetchall()
    accounts = [Place(UUID(str(w)), f"api.{platform}", UUID(str(a)), str(platform)) for w, a, platform in rows]
    workspaces = sorted({place.workspace_id for place in accounts})
    first, half = datetime.now(UTC) + FAR, MILLION // 2
    store(home, accounts, half, Sort("comment", COMMENT, "bench:stored"), first=first, step_s=2 * EVERY_S)
    probes = [Place(workspace, "system") for workspace in workspaces]
    store(home, probes, half, Sort("probe", {"lane": "system"}, "bench:stored"), first=first, step_s=2 * EVERY_S)
    home.database.execute("ANALYZE")
    return workspaces
