"""Retrying many failed tasks at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.db.database import Database
from shared.engine.store import tasks
from shared.identity.caller import Caller

Word = Literal["replayed", "not_found", "not_failed"]
MOST_DEPENDENTS = 1_000


class Replay(BaseModel):
    """The result for one id."""

    id: UUID
    outcome: Word


class Replays(BaseModel):
    """The result for each id, in the order of the request; dependents that are replayed too stand at the end."""

    items: list[Replay]
    dependents: list[UUID] = Field(
        description="What failed because one of these had, and was not asked for: `dependents: true` replays it, too."
    )


async def replay_tasks(*, database: Database, caller: Caller, ids: Sequence[UUID], dependents: bool = False) -> Replays:
    """Make failed tasks wait again, each under its id and with its history; the others are named and left alone.

    With `dependents`, tasks that failed because of them wait again, too; else they are named. The ledger is unchanged: a
    step that is confirmed is not repeated, and one of unknown outcome is looked up before anything else.
    """
    async with database.change(caller.workspace_id) as connection:
        fallen = await tasks.failed_because_of(connection, ids, MOST_DEPENDENTS)
        wanted = [*ids, *fallen] if dependents else list(ids)
        was = await tasks.replay(connection, wanted, by=caller.name)
    words: dict[UUID, Word] = {task: "replayed" if status == "failed" else "not_failed" for task, status in was.items()}
    items = [Replay(id=task, outcome=words.get(task, "not_found")) for task in wanted]
    return Replays(items=items, dependents=[] if dependents else fallen)
