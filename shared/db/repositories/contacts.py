"""Who is not to be contacted, and what an account has said to whom?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Uuid

from shared.scheduling.again import Said

_FACTS = text(
    """
    SELECT t.id, a.practice, d.reason, m.at AS last_at, clock_timestamp() AS now
    FROM tasks t JOIN accounts a ON a.id = t.account_id
    LEFT JOIN LATERAL (
        SELECT n.reason FROM do_not_contact n
        WHERE n.workspace_id = t.workspace_id AND n.handle = t.recipient
          AND (n.platform IS NULL OR n.platform = t.platform) AND (n.persona_id IS NULL OR n.persona_id = a.persona_id)
        ORDER BY n.created_at LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT max(coalesce(e.settled_at, e.call_deadline)) AS at FROM effects e
        WHERE e.account_id = t.account_id AND e.action = t.type AND lower(ltrim(e.target, '@')) = t.recipient
          AND e.task_id <> t.id AND e.outcome NOT IN ('absent', 'refused')
          AND coalesce(e.settled_at, e.call_deadline) > clock_timestamp() - interval '4 days'
    ) m ON true
    WHERE t.id = ANY (:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

_SAID = text(
    """
    SELECT e.text, coalesce(e.settled_at, e.call_deadline) AS at FROM effects e
    WHERE e.account_id = :account AND e.action = :action AND e.task_id <> :task AND e.outcome NOT IN ('absent', 'refused')
    ORDER BY e.id DESC LIMIT 100
    """
)


@dataclass(frozen=True, slots=True)
class Contact:
    """What stands between a task and its recipient: an entry of the list, and when the account last wrote there."""

    practice: bool
    do_not_contact: str | None
    last_at: datetime | None
    now: datetime


async def facts(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Contact]:
    """For tasks that speak to somebody, by task."""
    rows = (await connection.execute(_FACTS, {"ids": list(ids)})).all() if ids else ()
    return {row.id: Contact(row.practice, row.reason, row.last_at, row.now) for row in rows}


async def said(connection: AsyncConnection, task: Any) -> list[Said]:
    """What the task's account has written by this action before, newest first, at most 100."""
    values = {"account": task.account_id, "action": task.type, "task": task.id}
    return [Said(row.text, row.at) for row in (await connection.execute(_SAID, values)).all()]
