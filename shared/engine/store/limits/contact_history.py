"""Who is on the do-not-contact list, and what has an account said to whom?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import as_json
from shared.engine.rules.duplicates import SentText

_FACTS = text(
    """
    SELECT t.id, a.practice, d.reason, m.at AS last_at, clock_timestamp() AS now
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w(id uuid, names text[])
    JOIN tasks t ON t.id = w.id JOIN accounts a ON a.id = t.account_id
    CROSS JOIN LATERAL (SELECT coalesce(t.targets, ARRAY['@' || t.recipient], '{}') || coalesce(w.names, '{}') AS names) o
    LEFT JOIN LATERAL (
        SELECT n.reason FROM do_not_contact n
        WHERE n.workspace_id = t.workspace_id
          AND n.handle = ANY (ARRAY(SELECT ltrim(x, '@') FROM unnest(o.names) x))
          AND CASE n.kind WHEN 'handle' THEN '@' || n.handle ELSE n.handle END = ANY (o.names)
          AND (n.platform IS NULL OR n.platform = t.platform) AND (n.persona_id IS NULL OR n.persona_id = a.persona_id)
        ORDER BY n.created_at LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT max(coalesce(e.settled_at, e.call_deadline)) AS at FROM effects e
        WHERE t.recipient IS NOT NULL AND e.account_id = t.account_id AND e.action = t.type
          AND lower(ltrim(e.target, '@')) = t.recipient
          AND e.task_id <> t.id AND e.outcome NOT IN ('absent', 'refused')
          AND coalesce(e.settled_at, e.call_deadline) > clock_timestamp() - interval '4 days'
    ) m ON true
    """
)

_SAID = text(
    """
    SELECT e.text, coalesce(e.settled_at, e.call_deadline) AS at FROM effects e
    WHERE e.account_id = :account AND e.action = :action AND e.task_id <> :task AND e.outcome NOT IN ('absent', 'refused')
    ORDER BY e.id DESC LIMIT 100
    """
)

_LISTED = text(
    """
    SELECT CASE n.kind WHEN 'handle' THEN '@' || n.handle ELSE n.handle END
    FROM accounts a JOIN do_not_contact n ON n.workspace_id = a.workspace_id
    WHERE a.id = :account AND n.handle = ANY (ARRAY(SELECT ltrim(x, '@') FROM unnest(CAST(:names AS text[])) x))
      AND (n.platform IS NULL OR n.platform = a.platform) AND (n.persona_id IS NULL OR n.persona_id = a.persona_id)
    """
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Facts about a task's recipient: an entry of the list, and when the account last wrote there."""

    practice: bool
    do_not_contact: str | None
    last_at: datetime | None
    now: datetime


async def facts(connection: AsyncConnection, aimed: Mapping[UUID, Sequence[str]]) -> dict[UUID, Contact]:
    """Return these facts by task, for tasks that are aimed at somebody; `aimed` adds the real targets' names."""
    wanted = [{"id": task, "names": list(names)} for task, names in aimed.items()]
    rows = (await connection.execute(_FACTS, {"wanted": as_json(wanted)})).all() if wanted else ()
    return {row.id: Contact(row.practice, row.reason, row.last_at, row.now) for row in rows}


async def sent_texts(connection: AsyncConnection, task: Any) -> list[SentText]:
    """Return what the task's account has written by this action before, newest first, at most 100."""
    values = {"account": task.account_id, "action": task.type, "task": task.id}
    return [SentText(row.text, row.at) for row in (await connection.execute(_SAID, values)).all()]


async def listed(connection: AsyncConnection, account_id: UUID, names: Sequence[str]) -> frozenset[str]:
    """Return those of the names (`@handle`, or a domain) that an account must not contact; perhaps others too."""
    found = await connection.execute(_LISTED, {"account": account_id, "names": list(names)})
    return frozenset(found.scalars())
