"""How do tasks that finished long ago leave the hot tables, and how are they found again?"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from shared.db.models import ArchivedTask

# An effect counts in budgets and for the same recipient up to 30 days after its settlement; its task stays as long.
EFFECT_COUNTS_D = 30

# What somebody may still ask for stays: a dependency of what is not over (a failed task can be tried again), an effect
# that counts or whose outcome is open, a process that is not known to be dead. A child stays as long as its parent, which
# may read what came of it; a parent goes after its children.
_CHOOSE = text(
    f"""
    SELECT t.id FROM tasks t
    WHERE t.status IN ('completed', 'failed', 'cancelled')
      AND t.finished_at < (SELECT clock_timestamp()) - make_interval(days => :days)
      AND NOT EXISTS (
          SELECT FROM task_dependencies d JOIN tasks w ON w.id = d.task_id
          WHERE d.depends_on_id = t.id AND w.status NOT IN ('completed', 'cancelled')
            AND NOT (d.until = 'finished' AND w.status = 'failed'))
      AND NOT EXISTS (
          SELECT FROM tasks p WHERE p.id = t.parent_id AND (p.finished_at IS NULL
              OR p.finished_at >= clock_timestamp() - make_interval(days => :days)))
      AND NOT EXISTS (SELECT FROM tasks c WHERE c.parent_id = t.id)
      AND NOT EXISTS (
          SELECT FROM effects e WHERE e.task_id = t.id AND (e.outcome IN ('intended', 'unknown')
              OR e.settled_at > clock_timestamp() - interval '{EFFECT_COUNTS_D} days'))
      AND NOT EXISTS (
          SELECT FROM attempts a WHERE a.task_id = t.id AND (a.ended_at IS NULL OR (a.outcome = 'lost' AND a.dead_at IS NULL
              AND a.transport IN ('chromium', 'safari'))))
    ORDER BY t.finished_at LIMIT :limit FOR UPDATE OF t SKIP LOCKED
    """
)

_STORE = text(
    """
    INSERT INTO archived_tasks (id, workspace_id, finished_at, run_id, document)
    SELECT t.id, t.workspace_id, t.finished_at, t.run_id, jsonb_build_object(
        'task', to_jsonb(t) || jsonb_build_object('account', a.handle, 'dependencies', (
            SELECT coalesce(jsonb_agg(DISTINCT d.depends_on_id), '[]')
            FROM task_dependencies d WHERE d.task_id = t.id), 'progress', (
            SELECT to_jsonb(p) FROM task_progress p WHERE p.task_id = t.id), 'children', (
            SELECT jsonb_build_object('total', sum(n.total), 'open', sum(n.left_open), 'completed', sum(n.completed),
                                      'failed', sum(n.failed), 'cancelled', sum(n.cancelled))
            FROM child_counts n WHERE n.task_id = t.id HAVING count(*) > 0)),
        'attempts', (SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.id), '[]') FROM attempts x WHERE x.task_id = t.id),
        'effects', (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.id), '[]') FROM effects e WHERE e.task_id = t.id),
        'proofs', (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.id), '[]')
                   FROM proofs p JOIN effects e ON e.id = p.effect_id WHERE e.task_id = t.id))
    FROM tasks t LEFT JOIN accounts a ON a.id = t.account_id WHERE t.id = ANY (:ids)
    """
)
_STORE_PROOFS = text(
    "INSERT INTO archived_proofs (id, workspace_id, task_id, size, created_at, removed_at)"
    " SELECT p.id, p.workspace_id, e.task_id, p.size, p.created_at, p.removed_at"
    " FROM proofs p JOIN effects e ON e.id = p.effect_id WHERE e.task_id = ANY (:ids)"
)

# From the leaves to the root, as the foreign keys require.
_REMOVE = tuple(
    text(statement).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
    for statement in (
        "DELETE FROM proofs WHERE effect_id IN (SELECT id FROM effects WHERE task_id = ANY (:ids))",
        "DELETE FROM effects WHERE task_id = ANY (:ids)",
        "DELETE FROM attempts WHERE task_id = ANY (:ids)",
        "DELETE FROM kept_steps WHERE task_id = ANY (:ids)",
        "DELETE FROM child_counts WHERE task_id = ANY (:ids)",
        "DELETE FROM task_progress WHERE task_id = ANY (:ids)",
        "DELETE FROM task_dependencies WHERE task_id = ANY (:ids)",
        "DELETE FROM task_dependencies WHERE depends_on_id = ANY (:ids)",
        "DELETE FROM tasks WHERE id = ANY (:ids)",
    )
)

# The history of a task that is not archived stays whole, and so do the groups in which it has events.
_FORGET_EVENTS = text(
    """
    DELETE FROM task_events WHERE (workspace_id, seq) IN (
        SELECT e.workspace_id, e.seq FROM task_events e
        WHERE e.time < (SELECT clock_timestamp()) - make_interval(days => :days)
          AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = e.task_id)
          AND NOT EXISTS (SELECT FROM unnest(e.task_ids) AS u(id) JOIN tasks t ON t.id = u.id) LIMIT :limit)
    """
)


async def move_old(connection: AsyncConnection, days: int, limit: int) -> int:
    """Archive tasks that finished more than `days` days ago, at most `limit`; return how many. A transaction of its own."""
    ids = list((await connection.execute(_CHOOSE, {"days": days, "limit": limit})).scalars())
    if ids:
        for statement in (_STORE, _STORE_PROOFS):
            await connection.execute(statement.bindparams(bindparam("ids", type_=ARRAY(Uuid))), {"ids": ids})
        for statement in _REMOVE:
            await connection.execute(statement, {"ids": ids})
    return len(ids)


async def forget_events(connection: AsyncConnection, days: int, limit: int) -> int:
    """Remove events of archived tasks that are older than `days` days, at most `limit`; return how many."""
    return (await connection.execute(_FORGET_EVENTS, {"days": days, "limit": limit})).rowcount


async def find(connection: AsyncConnection, task_id: UUID) -> dict[str, Any] | None:
    """Return an archived task's document: `task`, `attempts`, `effects`, `proofs`, each as its rows were."""
    query = select(ArchivedTask.document).where(ArchivedTask.id == task_id)
    document: dict[str, Any] | None = (await connection.execute(query)).scalar_one_or_none()
    return document
