"""Does a task go on after a person has said that it was done? With what follows, and without doing it again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors.contract.action import Receipt
from shared.db import leases
from shared.db.session import connect
from shared.engine.rules.gates import GATES
from shared.engine.store import release
from shared.errors import OutcomeUnknown
from tests.integration.workers.executors.test_films import Studio, studio  # noqa: F401 - a fixture
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.worker import work_on, worker
from workers.dispatch.select import open_streams

pytestmark = pytest.mark.timeout(60)


def resolve(gateway: Gateway, task: str, **word: Any) -> Any:
    return gateway.post(f"/api/scheduler/task/{task}/resolve", {"outcome": "confirmed", "note": "I see it.", **word})


@pytest.fixture
def silent(calling: Calling, monkeypatch) -> Calling:
    """Nobody hears what came of a call."""

    async def commit(*_: Any) -> Receipt:
        calling.calls += 1
        raise OutcomeUnknown(message="504")

    monkeypatch.setattr(calling, "commit", commit)
    return calling


def test_a_video_that_a_person_has_seen_is_followed_and_kept(studio: Studio):  # noqa: F811
    studio.second.trouble = ["silent"]
    order = {"type": "video", "platform": "runway", "account": "demo", "payload": {"prompt": "A lighthouse.", "seconds": 10}}
    video = studio.gateway.submit(order)["id"]
    assert studio.work(video) == "unknown"

    without = resolve(studio.gateway, video)
    assert (without.status_code, without.json()["errors"][0]["field"]) == (422, "external_id")

    said = resolve(studio.gateway, video, external_id=studio.second.orders[0]["id"]).json()
    assert said["status"] == "pending"
    assert studio.work(video) == "pending"
    assert studio.follow(video)[-1] == "completed"
    assert studio.work(video) == "completed"
    assert studio.task(video)["result"]["media_id"]
    assert len(studio.second.orders) == 1


def test_a_comment_that_a_person_has_seen_is_completed_and_not_written_again(gateway: Gateway, silent: Calling):
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        order = comment(gateway.settings)
        task = gateway.submit(order)["id"]
        assert work_on(gateway, process, task) == "unknown"

        assert resolve(gateway, task).json()["status"] == "pending"
        assert work_on(gateway, process, task) == "completed"

    result = gateway.http.get(f"/api/scheduler/task/{task}").json()["result"]
    assert result["external_id"].startswith("told-by-a-person:")
    assert (result["external_url"], result["proof"]) == (order["payload"]["post_url"], None)
    assert silent.calls == 1


def test_what_guards_an_outward_step_does_not_hold_a_task_that_has_done_it(gateway: Gateway, silent: Calling):
    with worker(gateway) as process:
        process.sessions["chromium"] = Warm()
        done = gateway.submit(comment(gateway.settings, text="done"))["id"]
        assert work_on(gateway, process, done) == "unknown"
    waiting = gateway.submit(comment(gateway.settings, text="waits"))["id"]
    gateway.query(
        "INSERT INTO cooldowns (account_id, workspace_id, cause, refusals, since, until, share)"
        " SELECT account_id, workspace_id, 'rate_limit', 1, now(), now() + interval '1 hour', 1 FROM tasks LIMIT 1"
    )
    resolve(gateway, done).raise_for_status()

    held = {task: closed(gateway, task) - {"lane"} for task in (done, waiting)}
    assert held == {done: set(), waiting: {"cooldown"}}
    assert asyncio.run(open_lines(gateway)) == [True]


def closed(gateway: Gateway, task: str) -> set[str]:
    gates = gateway.http.get(f"/api/scheduler/task/{task}/explain").json()["gates"]
    return {gate["gate"] for gate in gates if not gate["open"]}


async def open_lines(gateway: Gateway) -> list[bool]:
    """Of the lines in which a dispatcher would look for work: whether each is one of tasks that have acted."""
    gateway.query(
        "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
        " SELECT lane, 'x', 'h', 1, '1', ARRAY[lane], 1, now() + interval '1 hour' FROM tasks GROUP BY lane"
    )
    engine = connect(gateway.settings, "dispatcher", pool_size=1)
    async with engine.begin() as connection:
        token = await leases.take(connection, "dispatcher", "test", 60)
        surveyed = await release.survey(connection, {"key": "dispatcher", "holder": "test", "token": token})
    await engine.dispose()
    assert surveyed is not None
    streams, world = surveyed
    return [stream.acted for stream, _ in open_streams(streams, world, 10, GATES)]
