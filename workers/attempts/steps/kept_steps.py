"""Which results does an attempt make once and store, though they are not outward? An upload, a container, a rendition."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import orjson
import structlog

from shared.db.retry_write import retry_write
from shared.engine.store import kept_steps
from shared.engine.store.rows.task_rows import ClaimedTask
from workers.attempts.process import WorkerProcess
from workers.interrupted import Cancelled, GateClosed, LeaseLost

log = structlog.get_logger()
K = TypeVar("K")
# PostgreSQL stores no NUL character.
NUL = "\\u0000"


@dataclass(frozen=True, slots=True)
class KeptSteps:
    """The stored steps of one attempt. `may_make` is false for a verification: it uses what is there."""

    process: WorkerProcess
    row: ClaimedTask
    may_make: bool

    async def keep(self, name: str, make: Callable[[], Awaitable[K]], lasts: timedelta) -> K:
        """Return the stored result of a step; where there is none, or it has expired, make it and store it for this long."""
        async with self.process.single.connect() as connection:
            found = await kept_steps.find(connection, self.row.id, name)
        if found is None:
            raise LeaseLost(message="The task is there no more.")
        if found.is_kept:
            kept: K = found.result
            return kept
        if found.cancel_requested:
            raise Cancelled(message="The task was cancelled.")
        if not self.may_make:
            raise GateClosed(message=f"step {name!r} is still to be made")
        if self.process.is_stopping:
            raise GateClosed(message="its worker was stopped")
        made = await make()
        if not await self._store(name, _as_kept(name, made), lasts):
            raise LeaseLost(message=f"Step {name!r} was made by an attempt that holds its task no more.")
        log.info("step.kept", step=name)
        return made

    @retry_write
    async def _store(self, name: str, result: str, lasts: timedelta) -> bool:
        async with self.process.engine.begin() as connection:
            held = (self.row.attempt_id, self.row.id)
            return await kept_steps.keep(connection, self.process.who, held, name, result, lasts)


def _as_kept(name: str, made: Any) -> str:
    """Return a result as it is stored.

    Raises:
        TypeError: read back it would be something else.
    """
    document = orjson.dumps(made).decode()
    if orjson.loads(document) != made or NUL in document:
        message = f"What step {name!r} came to is no plain JSON."
        raise TypeError(message)
    return document
