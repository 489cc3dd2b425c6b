"""How does a test write what an attempt would have done? As the rows that the engine leaves behind."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from shared.ids import new_id

# Effects that nobody will ever settle: their attempts have ended, and no look and no person will come to their tasks.
ORPHANS = """
    SELECT e.id, e.outcome, t.status FROM effects e JOIN attempts a ON a.id = e.attempt_id JOIN tasks t ON t.id = e.task_id
    WHERE e.outcome IN ('intended', 'unknown') AND a.ended_at IS NOT NULL
      AND NOT (t.status = 'unknown' AND (t.verify_at IS NOT NULL OR e.outcome = 'unknown'))
"""
_ATTEMPT = """
    INSERT INTO attempts (workspace_id, task_id, account_id, kind, lane, release_seq, host, pid, pid_started_at,
                          deadline_at, lease_until, ended_at, outcome)
    SELECT workspace_id, id, account_id, 'perform', lane, 1, 'host', 1, 1, now(), now(), now(), 'lost'
    FROM tasks WHERE id = %(task)s RETURNING id
"""
_EFFECT = """
    INSERT INTO effects (id, workspace_id, task_id, attempt_id, account_id, platform, step, action, target, text,
                         fingerprint, baseline, outcome, external_id, call_deadline, persona_id)
    SELECT %(id)s, workspace_id, id, %(attempt)s, account_id, platform, 'comment', 'comment',
           coalesce(payload->>'post_url', payload->>'to'), payload->>'text',
           %(mark)s, '{}', %(outcome)s, %(external_id)s, now(),
           (SELECT persona_id FROM accounts a WHERE a.id = account_id)
    FROM tasks WHERE id = %(task)s RETURNING id
"""
_PROOF = """
    INSERT INTO proofs (id, workspace_id, effect_id, media_type, size)
    SELECT %(id)s, workspace_id, id, 'image/png', 24 FROM effects WHERE id = %(effect)s RETURNING id
"""


def add_effect(owner: Connection[Any], task: str, outcome: str = "unknown", external_id: str | None = None) -> Any:
    """An ended attempt at a comment, with its effect; the effect's id."""
    cursor = owner.cursor(row_factory=dict_row)
    attempt = _one(cursor, _ATTEMPT, task=task)
    values = {"attempt": attempt, "task": task, "outcome": outcome, "external_id": external_id}
    return _one(cursor, _EFFECT, id=new_id(), mark=str(new_id()), **values)


def add_proof(owner: Connection[Any], effect: Any) -> Any:
    """A proof of an effect, without its file; its id."""
    return _one(owner.cursor(row_factory=dict_row), _PROOF, id=new_id(), effect=effect)


def _one(cursor: Any, statement: str, **values: Any) -> Any:
    return cursor.execute(statement, values).fetchone()["id"]
