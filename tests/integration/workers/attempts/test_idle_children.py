"""Is each task done once, and none lost, while children without work end all the time?"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from tests.support import work
from tests.support.stack import Stack, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a pool always has a child"),
]

POOL = "instagram"


@pytest.fixture
def impatient(engine: Stack) -> Iterator[Stack]:
    """A dispatcher, and a pool that ends its child a tenth of a second after its last message."""
    engine.celery_app = "tests.support.idle_app"
    # A message that is lost must not come again within a test.
    engine.settings = engine.settings.model_copy(update={"unclaimed_s": 600.0})
    engine.start_beat()
    engine.start_keeper()
    engine.start_pool(POOL)
    wait_for("the pool is there", lambda: engine.query("SELECT id FROM workers"), seconds=60)
    return engine


def probe(stack: Stack) -> object:
    """One task of the pool's lane."""
    lane = f"chromium.{stack.settings.host_name}.{POOL}"
    workspace = stack.query("SELECT id FROM workspaces WHERE name = 'local'")[0]["id"]
    return work.submit(stack, [work.row(None, "probe", {"lane": lane}, lane, workspace_id=workspace)])[0]


def until_completed(stack: Stack, ids: list) -> None:
    wait_for("all are completed", lambda: work.statuses(stack, ids) == {"completed": len(ids)}, every=0.01)


def attempts(stack: Stack) -> list[tuple[str, int]]:
    """How many attempts ended how."""
    found = stack.query("SELECT outcome, count(*) AS n FROM attempts GROUP BY outcome")
    return [(row["outcome"], row["n"]) for row in found]


def test_a_message_that_comes_while_a_child_ends_is_done_once_by_the_next_and_soon(impatient: Stack):
    assert impatient.child_of(POOL) is None
    ids, took = [], []
    for step in range(12):
        begun, told = time.monotonic(), told_to_end(impatient)
        ids.append(probe(impatient))
        until_completed(impatient, ids[-1:])
        took.append(time.monotonic() - begun)
        # The next comes as soon as its child is told to end, or a tenth of a second later each time, or once it has ended.
        wait_for("its child is told to end", lambda told=told: told_to_end(impatient) > told, every=0.002)
        if step % 3 == 0:
            wait_for("its child has ended", lambda: impatient.child_of(POOL) is None)
        elif step % 3 == 1:
            until = time.monotonic() + step / 10
            wait_for("a moment has passed", lambda until=until: time.monotonic() > until, every=0.01)

    assert attempts(impatient) == [("done", len(ids))]
    assert impatient.query("SELECT sum(lost_count)::int AS n FROM tasks") == [{"n": 0}]
    assert max(took) < 15, took
    assert impatient.log_of(POOL).count("child.ended") >= len(ids) - 1  # all of them in order, but perhaps the last


def told_to_end(stack: Stack) -> int:
    """How often a child was told to end."""
    return stack.log_of(POOL).count("Scaling down")


def test_a_child_that_is_killed_while_it_ends_leaves_a_pool_that_works_on(impatient: Stack):
    ids = []
    for _ in range(3):
        ids.append(probe(impatient))
        until_completed(impatient, ids)
        if (child := impatient.child_of(POOL)) is not None:
            os.kill(child, signal.SIGKILL)

    ids.append(probe(impatient))
    until_completed(impatient, ids)

    assert attempts(impatient) == [("done", len(ids))]
