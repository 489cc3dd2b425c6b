"""How does an attempt report its task's progress? As often as it likes; it is written each second at most."""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import elapsed
from shared.engine.store import progress as stored
from shared.engine.store.progress import Progress
from shared.engine.store.rows.task_rows import ClaimedTask
from workers.attempts.process import WorkerProcess

log = structlog.get_logger()

EVERY_S = 1.0


@dataclass
class ProgressReport:
    """The progress that one attempt reports of its task."""

    process: WorkerProcess
    row: ClaimedTask
    written_at: float | None = field(default=None, init=False)
    step: str = field(default="", init=False)
    unwritten: Progress | None = field(default=None, init=False)

    async def tell(self, progress: Progress) -> None:
        """Write it, unless something was written within the last second and this is neither a new step nor its end.

        An error here changes nothing for the task.
        """
        now, is_end = elapsed(), progress.done == progress.total
        if self.step == progress.step and not is_end and self.written_at is not None and now - self.written_at < EVERY_S:
            self.unwritten = progress
            return
        self.written_at, self.step = now, progress.step
        await self._write(progress)

    async def close(self) -> None:
        """Write the last report, as the attempt ends."""
        if self.unwritten is not None:
            await self._write(self.unwritten)

    async def _write(self, progress: Progress) -> None:
        self.unwritten = None
        held = (self.row.attempt_id, self.row.id)
        try:
            async with self.process.engine.begin() as connection:
                await stored.write(connection, self.process.who, held, progress)
        except (SQLAlchemyError, OSError) as trouble:
            log.warning("progress.not_written", error=repr(trouble)[:300])
