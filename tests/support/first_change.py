"""Does a change that somebody has just made really run? Asked in a process of its own, which has loaded it.

`task TYPE PAYLOAD` submits one and works on it; `job ENTRY` fills the timetable's slots and works on that entry's task. The
answer is the task's row, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.session import connect
from shared.settings import load_settings
from tests.support.gateway import Gateway, serve
from tests.support.worker import work_on, worker
from workers.dispatch import timetable


def main(kind: str, name: str, payload: str = "{}") -> None:
    """Do what is asked, and say what came of it."""
    with serve(load_settings()) as gateway, worker(gateway) as process:
        task = _submitted(gateway, name, json.loads(payload)) if kind == "task" else _of_timetable(gateway, name)
        work_on(gateway, process, task)
        [row] = gateway.query("SELECT type, status, payload, result FROM tasks WHERE id = %(id)s", id=task)
    sys.stdout.write(json.dumps(row) + "\n")


def _submitted(gateway: Gateway, kind: str, payload: dict[str, Any]) -> str:
    return str(gateway.submit({"type": kind, "payload": payload})["id"])


def _of_timetable(gateway: Gateway, entry: str) -> str:
    async def fill() -> None:
        engine = connect(gateway.settings, "dispatcher")
        for _ in range(2):  # whoever looks again makes no second task of the slot
            timetable._filled.clear()
            await timetable.fill(engine, _leads)
        await engine.dispose()

    asyncio.run(fill())
    [row] = gateway.query("SELECT id::text FROM tasks WHERE timetable_entry = %(entry)s", entry=entry)
    return str(row["id"])


async def _leads(_connection: AsyncConnection) -> None:
    """Nobody else leads."""


if __name__ == "__main__":
    main(*sys.argv[1:])
