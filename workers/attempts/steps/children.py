"""How does a running task make others once, and wait for them without a worker?

They are stored once under (task, step), in the transaction in which the attempt is known to hold its task: whoever is killed
before has made none, and who comes after finds them. The parent is parked until the last of them is over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.registry import abilities
from shared.db.retry_write import retry_write
from shared.engine.store import children, tasks
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.status import FINISHED
from shared.tasks.drafting.children import Spawning, draft_children
from shared.tasks.drafting.order import TaskOrder
from workers.attempts.process import WorkerProcess
from workers.executors.contract import Child
from workers.interrupted import Cancelled, GateClosed, LeaseLost, NotYet

log = structlog.get_logger()
STEP = re.compile(r"[a-z][a-z0-9_.]{0,63}")


@dataclass(frozen=True, slots=True)
class Children:
    """The children of one attempt's task. `may_make` is false for a look at an unknown outcome: it takes what is there."""

    process: WorkerProcess
    row: ClaimedTask
    may_make: bool

    async def spawn(self, step: str, orders: Sequence[TaskOrder]) -> tuple[UUID, ...]:
        """Return the ids of the children of a step, in the order of its orders; they are made if they are not yet."""
        if not STEP.fullmatch(step):
            message = f"A step is not called {step!r}."
            raise ValueError(message)
        async with self.process.single.connect() as connection:
            if await children.find(connection, self.row.id, step) is not None:
                return await children.ids(connection, self.row.id, step)
        if not self.may_make:
            raise GateClosed(message=f"the children of step {step!r} are still to be made")
        if self.process.is_stopping:
            raise GateClosed(message="its worker was stopped")
        made = await self._make(step, orders)
        self.process.notifier.hint()
        return made

    async def join(self, step: str) -> tuple[Child, ...]:
        """Return what came of the children of a step, in the order of its orders, once all of them are over."""
        async with self.process.single.connect() as connection:
            counts = await children.find(connection, self.row.id, step)
            if counts is None:
                message = f"Step {step!r} has made no children yet: call `spawn` before."
                raise ValueError(message)
            found = [] if counts.left_open else await children.outcomes(connection, self.row.id, step)
        left_open = counts.left_open or sum(one.status not in FINISHED for one in found)
        if left_open:
            message = f"waits for {left_open} of {counts.total} children"
            raise NotYet(code="children", message=message, awaits=step)
        return tuple(Child(one.id, one.status, one.result, one.error) for one in found)

    @retry_write
    async def _make(self, step: str, orders: Sequence[TaskOrder]) -> tuple[UUID, ...]:
        async with self.process.engine.begin() as connection:
            return await self._store(connection, step, orders)

    async def _store(self, connection: AsyncConnection, step: str, orders: Sequence[TaskOrder]) -> tuple[UUID, ...]:
        attempt = (self.row.attempt_id, self.row.id)
        # Everything is looked up before the task is held: its lease is renewed meanwhile.
        of = Spawning(self.row, step, abilities(), await children.room(connection, self.row.id))
        rows, needed = await draft_children(connection, orders, of)
        cancelled = await children.lock_attempt(connection, self.process.who, attempt)
        if cancelled is None:
            raise LeaseLost(message=f"Step {step!r} makes no children: its attempt holds its task no more.")
        if await children.find(connection, self.row.id, step) is not None:
            return await children.ids(connection, self.row.id, step)  # by a try whose answer got lost
        if cancelled:
            raise Cancelled(message="The task was cancelled.")
        await children.count(connection, attempt, self.row.workspace_id, step, len(rows))
        if rows:
            await tasks.insert(connection, rows, needed)
        log.info("step.spawned", step=step, children=len(rows))
        return tuple(row["id"] for row in rows)
