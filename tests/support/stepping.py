"""A task type with kept steps, outward ones and something to wait for, which may be killed at each of its boundaries.

Started as `python -m tests.support.stepping TASK NUMBER` it works on one message as a worker does. At each boundary
that is not noted in `STEPPING_FOLDER` yet the process is killed. What it did really stands in the file `done` there.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from connectors.contract.action import Baseline, Receipt
from connectors.contract.following import Following
from shared.outward_content import CommentContent
from shared.settings import load_settings
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import Payload, Result, TaskSpec
from tests.support.acting import Warm
from workers.attempts import outward_step
from workers.attempts.attempt import run_message
from workers.attempts.process import WorkerProcess
from workers.executors.contract import Executor, Step, Work
from workers.executors.registry import EXECUTORS

LANE = "chromium.local.instagram"
KEPT = ("upload", "container", "rendition")
LOOKS = 3
LASTS = timedelta(hours=1)
FOLLOWING = Following(every_s=120, grows=2, patience=10)


class SteppingPayload(Payload):
    """Nothing."""


class SteppingResult(Result):
    """What its outward steps came to."""

    ids: list[str]


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
    """Make three things, wait until they are processed, post twice."""
    place.strike("begun")
    for number, name in enumerate(KEPT, 1):
        await work.keep(name, partial(_make, place, work, name, number), LASTS)
        place.strike(f"kept {name}")
    looks = sum(line == "looked" for line in place.done())
    if looks < LOOKS:
        place.note("looked")
        place.strike("looked")
        raise work.not_yet(FOLLOWING, "processing")
    ids = []
    for number, name in enumerate(("post", "post.2"), len(KEPT) + 1):
        done = await work.do(Step(name, "https://example.test/p", CommentContent(text=name)))
        await work.progress("all", number, len(KEPT) + 2, "steps")
        place.strike(f"posted {name}")
        ids.append(done.external_id)
    return SteppingResult(ids=ids)


async def _make(place: Place, work: Work[SteppingPayload], name: str, number: int) -> dict[str, str]:
    await work.progress("all", number, len(KEPT) + 2, "steps")
    await asyncio.sleep(0)
    place.note(f"made {name}")
    return {"id": name}


def register(place: Place) -> None:
    """Make the type known in this process."""
    TASK_TYPES[SPEC.type] = SPEC
    EXECUTORS[SPEC.type] = Executor(SPEC, partial(perform, place))


def main(task: str, number: str) -> None:
    """Work on one message."""
    place = Place(Path(os.environ["STEPPING_FOLDER"]))
    register(place)
    action: Any = Posting(place)
    outward_step.load_action = lambda *_: action
    process = WorkerProcess(load_settings())
    process.sessions["chromium"] = Warm()
    process.run(run_message(process, SPEC, {"tasks": [[task, int(number)]]}))
    process.run(process.recorded())
    process.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
