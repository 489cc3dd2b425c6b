"""The Celery app with crash points: test code around the real one, started as `celery --app tests.support.crash_app`.

A task whose text holds `[POINT:ACTION]` is struck once, when its attempt first comes to that point: the process is killed,
an exception is raised, or the process is frozen for good or paused for a second. A file in `CRASH_FOLDER` notes that it
has struck.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from shared.engine.store import attempts
from workers.attempts import attempt, intent
from workers.attempts.effect_ledger import AttemptLedger
from workers.attempts.intent_batcher import IntentBatcher
from workers.attempts.work import AttemptWork
from workers.tasks import app

MARK = re.compile(r"\[(\w+):(kill|raise|freeze|pause)\]")
FOLDER = Path(os.environ["CRASH_FOLDER"])
# The signal may stop another thread first; this one must not get any further meanwhile.
STOPS_WITHIN_S = 0.2
PAUSE_S = 1  # longer than a call may take to begin, shorter than a lease


class Struck(Exception):
    """What a crash point raises: no error that the product knows."""


def strike(point: str, text: str) -> None:
    """Strike if the text asks for it at this point, the first time."""
    mark = MARK.search(text)
    if mark is None or mark[1] != point:
        return
    note = FOLDER / re.sub(r"\W+", "_", text)
    try:
        note.touch(exist_ok=False)
    except FileExistsError:
        return
    match mark[2]:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(STOPS_WITHIN_S)
        case "pause":
            subprocess.Popen(["/bin/sh", "-c", f"sleep {PAUSE_S}; kill -CONT {os.getpid()}"])
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(STOPS_WITHIN_S)
        case _:
            raise Struck(point)


def text_of(work: AttemptWork[Any] | AttemptLedger) -> str:
    return str(work.row.payload.get("text", ""))


real_write, real_settle, real_record = IntentBatcher.write, AttemptLedger.settle, attempts.record
real_proof, real_perform, real_close = AttemptLedger.keep_proof, attempt._perform, intent._Writing.close


async def perform(work: AttemptWork[Any], executor: Any) -> Any:
    strike("claimed", text_of(work))
    ended = await real_perform(work, executor)
    strike("performed", text_of(work))
    return ended


async def write(self: IntentBatcher, asked: Any) -> Any:
    strike("prepared", asked.request.text)
    intent = await real_write(self, asked)
    strike("intended", asked.request.text)
    return intent


async def close(self: intent._Writing) -> None:
    await real_close(self)
    for row in self.written:
        strike("writing", row["text"])  # within the transaction of the intent


async def settle(self: AttemptLedger, effect_id: Any, outcome: str, receipt: Any = None) -> None:
    if outcome == "confirmed" and self.row.kind == "perform":
        strike("called", text_of(self))
    await real_settle(self, effect_id, outcome, receipt)
    if outcome == "confirmed" and self.row.kind == "perform":
        strike("settled", text_of(self))


async def keep_proof(self: AttemptLedger, *rest: Any) -> Any:
    proof = await real_proof(self, *rest)
    strike("proven", text_of(self))
    return proof


async def record(connection: Any, who: Any, ended: Any) -> Any:
    closed = await real_record(connection, who, ended)
    for end in ended:
        if end.status == "completed":
            rows = await connection.exec_driver_sql("SELECT payload FROM tasks WHERE id = %s", (end.task_id,))
            strike("recorded", str(rows.scalar_one().get("text", "")))
    return closed


IntentBatcher.write = write
intent._Writing.close = close
AttemptLedger.settle = settle
AttemptLedger.keep_proof = keep_proof
attempt._perform = perform
attempt.attempts.record = record

__all__ = ["app"]
