"""Is each task of a batch done once and only once wherever its worker, its parent or the dispatcher is killed?"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import redis

from cli.local.port import kept_or_free
from shared.identity.bootstrap import bootstrap_local
from tests.support import work
from tests.support.batch_points import POINTS
from tests.support.batch_proof import answers, assert_once_and_only_once
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

MANY = 2_000


@pytest.fixture
def struck(engine: Stack, tmp_path: Path) -> Path:
    """The folder in which crash points note that they have struck."""
    folder = tmp_path / "struck"
    folder.mkdir()
    engine.celery_app = "tests.support.batch_crash_app"
    engine.environment = {"CRASH_FOLDER": str(folder)}
    return folder


def submitted(stack: Stack, count: int) -> list[UUID]:
    workspace = stack.query("SELECT id FROM workspaces WHERE name = 'local'")[0]["id"]
    rows = [work.row(None, "probe", {"lane": "media"}, "media", workspace_id=workspace) for _ in range(count)]
    return work.submit(stack, rows)


def until_completed(stack: Stack, ids: list[UUID]) -> None:
    wait_for("all are completed", lambda: work.statuses(stack, ids) == {"completed": len(ids)}, seconds=120)


def test_a_worker_that_is_killed_at_any_boundary_of_a_batch_leaves_each_task_done_once(engine: Stack, struck: Path):
    engine.start_keeper()
    engine.start_beat()
    engine.start_pool("system")
    until_completed(engine, submitted(engine, 1))
    (struck / "armed").touch()
    ids = submitted(engine, MANY)
    until_completed(engine, ids)
    ids += submitted(engine, MANY)  # so that there are batches enough to come to each point
    until_completed(engine, ids)
    assert {note.name for note in struck.iterdir()} - {"armed"} == set(POINTS)
    assert_once_and_only_once(engine, ids)


def test_a_parent_a_dispatcher_and_a_redis_that_go_in_the_midst_of_it_leave_each_task_done_once(engine: Stack):
    engine.start_keeper()
    engine.start_beat()
    engine.start_pool("system")
    until_completed(engine, submitted(engine, 1))
    ids: list[UUID] = []
    for name in ("system", "beat"):
        ids += submitted(engine, MANY)
        wait_for("some are out", lambda: engine.query("SELECT 1 FROM batches"), every=0.001)
        process = engine.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        redis.Redis.from_url(engine.settings.redis_url).flushall()
        if name == "beat":
            engine.start_beat()
        else:
            engine.start_pool(name)
    until_completed(engine, ids)
    assert_once_and_only_once(engine, ids)


def test_a_gateway_that_is_killed_while_it_stores_many_stores_all_or_none_and_each_is_done_once(engine: Stack):
    engine.query("DELETE FROM api_keys")
    key = str(bootstrap_local(engine.settings, []).api_key)
    port = str(kept_or_free(None))
    engine.start_keeper()
    engine.start_beat()
    engine.start_pool("system")
    body = {"tasks": [{"type": "probe", "payload": {"lane": "system"}}] * MANY}
    headers = {"Authorization": f"Bearer {key}"}
    ids: list[UUID] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, trust_env=False) as http:
        for delay_s in (0.1, 0.3, 0.6):
            gateway = engine.start("gateway", "-m", "api", kind="gateway", CALLSHEET_PORT=port)
            wait_for("the gateway answers", lambda: answers(http), seconds=60)
            end = threading.Timer(delay_s, gateway.kill)
            end.start()
            with suppress(httpx.TransportError):
                http.post("/api/scheduler/tasks", json=body, headers={"Idempotency-Key": f"many-{delay_s}"})
            end.join()
            gateway.wait()
        engine.start("gateway", "-m", "api", kind="gateway", CALLSHEET_PORT=port)
        wait_for("the gateway answers", lambda: answers(http), seconds=60)
        for delay_s in (0.1, 0.3, 0.6):
            stored = http.post("/api/scheduler/tasks", json=body, headers={"Idempotency-Key": f"many-{delay_s}"})
            ids += [UUID(task) for task in stored.raise_for_status().json()["ids"]]
    assert engine.query("SELECT count(*) AS n FROM tasks WHERE type = 'probe' AND timetable_entry IS NULL") == [
        {"n": len(ids)}
    ]
    until_completed(engine, ids)
    assert_once_and_only_once(engine, ids)
