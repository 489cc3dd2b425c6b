"""A task type with kept steps, children, outward steps and something to wait for, which may be killed at each boundary.

Started as `python -m tests.support.stepping` it works on one message after another as a pool does, each in a process of its
own that is forked from what is loaded already: they are handed over in `STEPPING_FOLDER`. At each boundary that is not noted
there yet the process is killed. What was done really stands in the file `done`.
"""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from connectors.contract.action import Baseline, Receipt
from connectors.contract.following import Following
from shared.engine.store import attempts, tasks
from shared.outward_content import CommentContent
from shared.settings import load_settings
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import Payload, Result, TaskSpec
from shared.tasks.drafting.order import TaskOrder
from tests.support.acting import Warm
from workers.attempts import outward_step
from workers.attempts.attempt import run_message
from workers.attempts.process import WorkerProcess
from workers.executors.contract import Executor, Step, Work
from workers.executors.registry import EXECUTORS

LANE = "chromium.local.instagram"
KEPT = ("upload", "container", "rendition")
LOOKS = 3
CHILDREN = 10
STEPS = len(KEPT) + 1 + 2
LASTS = timedelta(hours=1)
FOLLOWING = Following(every_s=120, grows=2, patience=10)


class SteppingPayload(Payload):
    """Nothing."""


class SteppingResult(Result):
    """What its outward steps came to, and its children."""

    ids: list[str]
    numbers: list[int] = Field(default_factory=list)


class PartPayload(Payload):
    """Which of the children it is."""

    number: int


class PartResult(Result):
    """The same."""

    number: int


SPEC = TaskSpec(
    type="stepping",
    version=1,
    payload=SteppingPayload,
    result=SteppingResult,
    lane="account",
    timeout_s=60,
    effects=("post",),
    numbered=("post",),
    capability="comment",
    public=False,
)

PART = TaskSpec(
    type="stepping_part",
    version=1,
    payload=PartPayload,
    result=PartResult,
    lane="system",
    timeout_s=60,
    public=False,
)


class Place:
    """The world outside: what was made and posted, one line each, and the boundaries at which somebody was killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self, line: str) -> None:
        with (self.folder / "done").open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def done(self) -> list[str]:
        path = self.folder / "done"
        return path.read_text().splitlines() if path.exists() else []

    def strike(self, boundary: str) -> None:
        """Die here, the first time."""
        if not (self.folder / f"struck {boundary}").exists():
            (self.folder / f"struck {boundary}").touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Posting:
    """An action that posts into the place, and reads it back there."""

    def __init__(self, place: Place) -> None:
        self.place = place

    async def prepare(self, session: Any, request: Any) -> Baseline:
        return Baseline((), None)

    async def commit(self, session: Any, request: Any, baseline: Any, deadline: Any) -> Receipt:
        self.place.note(f"posted {request.text}")
        self.place.strike(f"called {request.text}")
        return self._receipt(request)

    async def proof(self, session: Any, receipt: Any) -> bytes:
        raise AssertionError  # an effect stands without one

    async def verify(self, session: Any, request: Any, baseline: Any, known: Any) -> Receipt | None:
        return self._receipt(request) if f"posted {request.text}" in self.place.done() else None

    def _receipt(self, request: Any) -> Receipt:
        return Receipt(request.text, f"https://example.test/{request.text}", request.text)


async def perform(place: Place, work: Work[SteppingPayload]) -> SteppingResult:
    """Make three things, wait until they are processed, have ten parts made by children, post twice."""
    place.strike("begun")
    for number, name in enumerate(KEPT, 1):
        await work.keep(name, partial(_make, place, work, name, number), LASTS)
        place.strike(f"kept {name}")
    looks = sum(line == "looked" for line in place.done())
    if looks < LOOKS:
        place.note("looked")
        place.strike("looked")
        raise work.not_yet(FOLLOWING, "processing")
    await work.spawn("parts", [TaskOrder(PART, PartPayload(number=number)) for number in range(CHILDREN)])
    place.strike("spawned")
    parts = await work.join("parts")
    await work.keep("joined", partial(_tell_parts, work), LASTS)
    place.strike("joined")
    ids = []
    for number, name in enumerate(("post", "post.2"), len(KEPT) + 2):
        done = await work.do(Step(name, "https://example.test/p", CommentContent(text=name)))
        await work.progress("all", number, STEPS, "steps")
        place.strike(f"posted {name}")
        ids.append(done.external_id)
    return SteppingResult(ids=ids, numbers=[(part.result or {})["number"] for part in parts])


async def perform_part(place: Place, work: Work[PartPayload]) -> PartResult:
    """Make one thing."""
    number = work.payload.number

    async def make() -> int:
        place.note(f"made part {number}")
        return number

    if number % 2 == 0:
        place.strike(f"part {number}")
    made = await work.keep("part", make, LASTS)
    if number % 2:
        place.strike(f"part {number}")
    return PartResult(number=made)


async def _tell_parts(work: Work[SteppingPayload]) -> int:
    await work.progress("all", len(KEPT) + 1, STEPS, "steps")
    return CHILDREN


async def _make(place: Place, work: Work[SteppingPayload], name: str, number: int) -> dict[str, str]:
    await work.progress("all", number, STEPS, "steps")
    await asyncio.sleep(0)
    place.note(f"made {name}")
    return {"id": name}


def register(place: Place) -> None:
    """Make the types known in this process, and strike in the transactions of what they store."""
    TASK_TYPES[SPEC.type], TASK_TYPES[PART.type] = SPEC, PART
    EXECUTORS[SPEC.type] = Executor(SPEC, partial(perform, place))
    EXECUTORS[PART.type] = Executor(PART, partial(perform_part, place))
    action: Any = Posting(place)
    outward_step.load_action = lambda *_: action
    real_insert, real_record = tasks.insert, attempts.record

    async def insert(*said: Any) -> int:
        stored = await real_insert(*said)
        place.strike("storing the parts")
        return stored

    async def record(connection: Any, who: Any, ended: Any) -> set[int]:
        closed = await real_record(connection, who, ended)
        if any(one.awaits for one in ended):
            place.strike("waiting for the parts")
        return closed

    tasks.insert, attempts.record = insert, record


def work_on(kind: str, task: str, number: str) -> None:
    """Work on one message."""
    process = WorkerProcess(load_settings())
    process.sessions["chromium"] = Warm()
    process.run(run_message(process, TASK_TYPES[kind], {"tasks": [[task, int(number)]]}))
    process.run(process.recorded())
    process.stop()


def main(folder: Path) -> None:
    """Work on what comes, each in a process of its own, and say its pid and how it ended."""
    register(Place(folder))
    with (folder / "orders").open() as orders, (folder / "answers").open("w") as answers:
        for line in orders:
            pid = os.fork()
            if pid == 0:
                work_on(*line.split())
                os._exit(0)
            _, ended = os.waitpid(pid, 0)
            print(pid, os.waitstatus_to_exitcode(ended), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(os.environ["STEPPING_FOLDER"]))
