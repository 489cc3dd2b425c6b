"""Was each task of batches done once and only once, and told of without a gap?"""

from __future__ import annotations

from uuid import UUID

import httpx

from tests.support.stack import Stack


def assert_once_and_only_once(stack: Stack, ids: list[UUID]) -> None:
    """Each has one attempt that did it and one event that says so, and no number of an event is missing or doubled."""
    done = stack.query(
        "SELECT count(*) AS n, count(DISTINCT task_id) AS tasks FROM attempts"
        " WHERE outcome = 'done' AND task_id = ANY (%(ids)s)",
        ids=ids,
    )
    assert done == [{"n": len(ids), "tasks": len(ids)}]
    told = stack.query(
        "SELECT count(*) AS n, count(DISTINCT id) AS tasks FROM task_events e"
        " CROSS JOIN LATERAL unnest(coalesce(e.task_ids, ARRAY[e.task_id])) AS u(id)"
        " WHERE e.type = 'task.completed' AND id = ANY (%(ids)s)",
        ids=ids,
    )
    assert told == [{"n": len(ids), "tasks": len(ids)}]
    numbers = stack.query(
        "SELECT e.workspace_id, sum(coalesce(cardinality(e.task_ids), 1)) AS n, max(e.seq) AS last, c.seq FROM task_events e"
        " JOIN event_counters c USING (workspace_id) GROUP BY e.workspace_id, c.seq"
    )
    assert [row for row in numbers if not row["n"] == row["last"] == row["seq"]] == []
    overlaps = (
        "SELECT 1 FROM (SELECT seq - coalesce(cardinality(task_ids), 1) AS before,"
        " lag(seq, 1, 0::bigint) OVER (PARTITION BY workspace_id ORDER BY seq) AS last FROM task_events) n"
        " WHERE before <> last"
    )
    assert stack.query(overlaps) == []
    assert stack.query("SELECT 1 FROM tasks WHERE batch_id IS NOT NULL") == []


def answers(http: httpx.Client) -> bool:
    """Whether a gateway is there."""
    try:
        return http.get("/livez").is_success
    except httpx.TransportError:
        return False
