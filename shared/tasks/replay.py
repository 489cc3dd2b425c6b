"""Somebody has many failed tasks tried again at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from shared.db.desk import Desk
from shared.db.repositories import tasks
from shared.identity.caller import Caller

Word = Literal["replayed", "not_found", "not_failed"]


class Replay(BaseModel):
    """What became of one id."""

    id: UUID
    outcome: Word


class Replays(BaseModel):
    """What became of each, in the order of the request."""

    items: list[Replay]


async def replay_tasks(*, desk: Desk, caller: Caller, ids: Sequence[UUID]) -> Replays:
    """Make failed tasks wait again, each under its id and with its history; the others are named and left alone.

    The ledger stays what it is: a step that is confirmed is not done again, and one whose outcome is not known is
    looked at before anything else.
    """
    async with desk.change(caller.workspace_id) as connection:
        was = await tasks.replay(connection, ids, by=caller.name)
    words: dict[UUID, Word] = {task: "replayed" if status == "failed" else "not_failed" for task, status in was.items()}
    return Replays(items=[Replay(id=task, outcome=words.get(task, "not_found")) for task in ids])
