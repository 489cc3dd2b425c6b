"""How does a run's history get out of PostgreSQL, the platforms and the clients?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import httpx

from tests.chaos.history import Arrival, Asked, AttemptRow, EffectRow, EventRow, History, Limit, Span, TaskRow
from tests.chaos.house import BROWSED, House

_TASKS = """
    SELECT id::text, payload ->> 'text' AS marker, status, coalesce(error ->> 'code', '') AS code,
           verify_at IS NULL AND status = 'unknown' AS waits_for_person
    FROM tasks WHERE type = 'dm'
"""
_ATTEMPTS = """
    SELECT a.id, a.task_id::text AS task, a.account_id::text AS account, a.kind, a.transport <> 'api' AS exclusive, a.pid,
           extract(epoch FROM a.started_at)::float8 AS began, extract(epoch FROM a.ended_at)::float8 AS ended,
           extract(epoch FROM CASE WHEN a.outcome = 'lost' THEN a.dead_at ELSE a.ended_at END)::float8 AS over_at,
           a.xmin::text AS written_in
    FROM attempts a JOIN tasks t ON t.id = a.task_id WHERE t.type = 'dm'
"""
_EFFECTS = "SELECT task_id::text AS task, attempt_id AS attempt, outcome, external_id FROM effects"
_EVENTS = """
    SELECT e.task_id::text AS task, substr(e.type, 6) AS status, extract(epoch FROM e.time)::float8 AS at,
           e.xmin::text AS written_in
    FROM task_events e JOIN tasks t ON t.id = e.task_id
    WHERE t.type = 'dm' AND e.type LIKE 'task.%%' AND e.data ->> 'by' IS NULL
"""


def read_history(
    house: House,
    asked: Iterable[Asked],
    limits: dict[tuple[str, str], Limit],
    faults: int,
    forgotten: Sequence[Span] = (),
) -> History:
    """Everything, after the run."""
    query = house.stack.query
    return History(
        asked=tuple(asked),
        arrivals=(*_arrivals(house), *_browsed(house)),
        tasks=tuple(TaskRow(**row) for row in query(_TASKS)),
        attempts=tuple(AttemptRow(**row) for row in query(_ATTEMPTS)),
        effects=tuple(EffectRow(**row) for row in query(_EFFECTS)),
        events=tuple(EventRow(**row) for row in query(_EVENTS)),
        limits=limits,
        shown=frozenset(_shown(house)),
        faults=faults,
        forgotten=tuple(forgotten),
    )


def _arrivals(house: House) -> Iterator[Arrival]:
    rows: list[dict[str, Any]] = httpx.get(f"{house.platforms_url}/_truth", timeout=30, trust_env=False, verify=False).json()
    for row in rows:
        yield Arrival(
            row["text"], row["platform"], row["account"], row["at"], row["pid"], row["id"], repeated=row["repeated"]
        )


def _browsed(house: House) -> Iterator[Arrival]:
    if BROWSED in house.pools:
        for row in house.stack.truth():
            at = datetime.fromisoformat(row["at"]).timestamp()
            yield Arrival(row["text"], row["platform"], row["account"], at, None, row["id"])


def _shown(house: House) -> Iterator[str]:
    """Unknown tasks as the gateway lists them to a client."""
    headers = {"Authorization": f"Bearer {house.api_key}"}
    with httpx.Client(base_url=house.gateway_url, headers=headers, timeout=10, trust_env=False, verify=False) as http:
        cursor: dict[str, str] = {}
        while True:
            answer = (
                http.get("/api/scheduler/queue", params={"status": "unknown", "limit": 100} | cursor)
                .raise_for_status()
                .json()
            )
            yield from (item["id"] for item in answer["items"])
            if not answer["next_cursor"]:
                return
            cursor = {"cursor": answer["next_cursor"]}


def bites(house: House) -> dict[str, int]:
    """How hard the faults bit: what got lost and came back, and what was struck on links and platforms."""
    counted = house.stack.query(
        "SELECT (SELECT count(*) FROM attempts) AS attempts, (SELECT count(*) FROM attempts WHERE outcome = 'lost') AS lost,"
        " (SELECT count(*) FROM attempts WHERE kind = 'verify') AS looks,"
        " (SELECT count(*) FROM effects WHERE outcome = 'absent') AS absent"
    )[0]
    struck: dict[str, int] = httpx.get(f"{house.platforms_url}/_struck", timeout=5, trust_env=False, verify=False).json()
    return counted | {
        "calls struck": sum(struck.values()),
        "connections struck": sum(link.struck for link in house.links.by_name.values()),
        "restarts": house.restarts,
    }


def story(house: House, marker: str) -> list[str]:
    """All that the ledger knows of one task, for whoever looks into a violation."""
    values = {"marker": marker}
    of = "SELECT id FROM tasks WHERE payload ->> 'text' = %(marker)s"
    statements = (
        f"SELECT time AS at, type, data FROM task_events WHERE task_id IN ({of})",
        f"SELECT started_at AS at, 'attempt' AS type, to_jsonb(a) AS data FROM attempts a WHERE task_id IN ({of})",
        f"SELECT intended_at AS at, 'effect' AS type, to_jsonb(e) AS data FROM effects e WHERE task_id IN ({of})",
    )
    rows = [row for statement in statements for row in house.stack.query(statement, **values)]
    return [f"    {row['at']:%H:%M:%S.%f} {row['type']} {row['data']}" for row in sorted(rows, key=lambda row: row["at"])]
