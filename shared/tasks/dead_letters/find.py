"""Which tasks have failed, with what was tried?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.cursor import id_in
from shared.db.database import Database
from shared.engine.store import attempts, tasks
from shared.engine.store.attempts import AttemptRow
from shared.engine.store.rows.task_rows import ViewedTask
from shared.engine.task_filter import TaskFilter
from shared.identity.caller import Caller
from shared.page import Page, View
from shared.tasks.view import Fault

LATEST = 10


class Try(View):
    """One attempt."""

    kind: str
    host: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: Fault | None


class DeadLetter(View):
    """A failed task."""

    id: UUID
    type: str
    platform: str | None
    account: str | None
    lane: str
    priority: int
    payload: dict[str, Any]
    error: Fault | None
    retry_count: int
    max_retries: int
    attempts: list[Try] = Field(description="The newest of them, newest first.")
    created_at: datetime
    finished_at: datetime | None


class DeadLetterPage(Page[DeadLetter]):
    """Failed tasks, newest first."""


async def list_dead_letters(
    *, database: Database, caller: Caller, wanted: TaskFilter, cursor: str | None, limit: int
) -> DeadLetterPage:
    """Return a page of the workspace's failed tasks."""
    async with database.read(caller.workspace_id) as connection:
        before = id_in(cursor) if cursor else None
        rows = await tasks.page(connection, replace(wanted, status="failed"), before=before, limit=limit + 1)
        tried = await attempts.latest(connection, [row.id for row in rows[:limit]], each=LATEST)
    items = [_show(row, tried.get(row.id, [])) for row in rows[:limit]]
    return DeadLetterPage.of(items, len(rows))


def _show(row: ViewedTask, tried: list[AttemptRow]) -> DeadLetter:
    return DeadLetter.of(row, attempts=[Try.of(one) for one in tried])
