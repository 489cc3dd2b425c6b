"""How do intents that are asked for at the same time share one transaction?

The first one of a workspace is written at once. What is asked for meanwhile is written together in the next transaction: a
batch of an API lane, of one account or of many, then takes its budget scopes, and waits for the disk, once instead of 64
times. Else all accounts under one rule of their workspace would wait for each other's transactions.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.retry_write import retry_write
from shared.engine.store import effects
from shared.engine.store.attempts import Process
from shared.errors import CallsheetError
from shared.settings import Settings
from workers.attempts.intent import Intent, ProposedCall, intend_all

LARGEST = 64
Waiting = tuple[ProposedCall, asyncio.Future[Intent]]


class IntentBatcher:
    """The intents of one worker process, on its event loop."""

    def __init__(self, engine: AsyncEngine, settings: Settings, who: Process) -> None:
        self._engine = engine
        self._settings = settings
        self._who = who
        self._waiting: dict[UUID, list[Waiting]] = {}
        self._writers: dict[UUID, asyncio.Task[None]] = {}

    async def write(self, asked: ProposedCall) -> Intent:
        """Write one intent, alone or with others of its workspace.

        Raises:
            CallsheetError: its call must not be made, see `intend_all`.
            DBAPIError: PostgreSQL went away; the intent may be written all the same.
        """
        workspace = asked.by.task.workspace_id
        answer: asyncio.Future[Intent] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(workspace, []).append((asked, answer))
        if workspace not in self._writers:
            self._writers[workspace] = asyncio.create_task(self._write_all(workspace))
        return await answer

    async def _write_all(self, workspace: UUID) -> None:
        while waiting := self._waiting.pop(workspace, []):
            now, later = waiting[:LARGEST], waiting[LARGEST:]
            if later:
                self._waiting[workspace] = later
            # Who has stopped waiting, because its time is over or its lease is lost, acts no more.
            await self._write([one for one in now if not one[1].done()])
        del self._writers[workspace]

    async def _write(self, waiting: list[Waiting]) -> None:
        if not waiting:
            return
        try:
            answers: list[Intent | CallsheetError] = await intend_all(
                self._engine, self._settings, self._who, [asked for asked, _ in waiting]
            )
        except Exception as error:  # noqa: BLE001 - handed to each who waits, and sorted there
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        abandoned = []
        for (_, future), answer in zip(waiting, answers, strict=True):
            if isinstance(answer, CallsheetError):
                if not future.done():
                    future.set_exception(answer)
            elif future.done():
                abandoned.append(answer.effect_id)
            else:
                future.set_result(answer)
        for effect_id in abandoned:
            await self._settle_absent(effect_id)

    @retry_write
    async def _settle_absent(self, effect_id: UUID) -> None:
        """Settle an intent that was written after its attempt had stopped waiting: its call was never made."""
        async with self._engine.begin() as connection:
            await effects.settle(connection, effect_id, "absent")
