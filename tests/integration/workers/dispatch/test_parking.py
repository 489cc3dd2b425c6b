"""Does a task that waits for one fact wake when the fact changes, and never stand in another's way?"""

from __future__ import annotations

import pytest

from tests.support import work
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def served(engine: Stack) -> Stack:
    """A dispatcher and the system pool."""
    engine.settings = engine.settings.model_copy(update={"sweep_s": 600.0})
    engine.start_beat()
    engine.start_pool("system")
    wait_for("the pool is there", lambda: engine.query("SELECT id FROM workers"))
    return engine


def probe(stack: Stack, **more) -> dict:
    workspace = stack.query("SELECT id FROM workspaces WHERE name = 'local'")[0]["id"]
    return work.row(None, "probe", {"lane": "system"}, "system", workspace_id=workspace, **more)


def depends(stack: Stack, task: dict, on: dict) -> None:
    statement = "INSERT INTO task_dependencies VALUES (%(task)s, %(on)s, %(workspace)s)"
    stack.query(statement, task=task["id"], on=on["id"], workspace=task["workspace_id"])


def test_a_chain_runs_link_by_link_without_waiting_for_the_sweep(served: Stack):
    never = {"status": "awaiting_approval", "approval_required": True}
    first, second, third = probe(served, **never), probe(served, **never), probe(served, **never)
    ids = work.submit(served, [first, second, third])
    depends(served, second, first)
    depends(served, third, second)
    approve = "UPDATE tasks SET approved_hash = payload_hash, status = 'pending' WHERE id = ANY (%(ids)s)"
    served.query(approve, ids=ids[1:])
    parked = "SELECT count(*) AS n FROM tasks WHERE wake_key = ANY (%(keys)s)"
    wait_for("both are parked", lambda: served.query(parked, keys=[f"task:{i}" for i in ids[:2]]) == [{"n": 2}])

    served.query(approve, ids=ids[:1])

    wait_for("all are completed", lambda: work.statuses(served, ids) == {"completed": 3}, seconds=30)


def test_what_can_never_run_fails_with_all_that_wait_for_it(served: Stack):
    never = {"status": "awaiting_approval", "approval_required": True}
    first, second, third = probe(served, **never), probe(served, **never), probe(served, **never)
    ids = work.submit(served, [first, second, third])
    depends(served, second, first)
    depends(served, third, second)
    served.query("UPDATE tasks SET status = 'cancelled' WHERE id = %(id)s", id=ids[0])

    approve = "UPDATE tasks SET approved_hash = payload_hash, status = 'pending' WHERE id = ANY (%(ids)s)"
    served.query(approve, ids=ids[1:])

    wait_for("both fail", lambda: work.statuses(served, ids) == {"cancelled": 1, "failed": 2}, seconds=30)
    errors = served.query("SELECT DISTINCT error->>'code' AS code FROM tasks WHERE status = 'failed'")
    assert errors == [{"code": "dependency_failed"}]
