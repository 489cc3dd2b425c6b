"""Does a worker that rests say so to everybody who asks why a task waits?"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.pools import find_pool
from shared.db.session import connect
from shared.hosts.relay import DoorClient
from shared.settings import Settings
from tests.support.gateway import Gateway
from tests.support.safari.mac import say_idle
from workers.attempts.presence import register

LANE = "safari.local"


@pytest.fixture
def mac(gateway: Gateway, tmp_path: Path, monkeypatch) -> Settings:
    """A worker's settings on a Mac whose person is away."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    say_idle(tmp_path, 1000)
    return gateway.settings.model_copy(update={"safari": "on", "pool": "safari"})


def say(settings: Settings) -> None:
    """One word of the Safari pool's presence."""

    async def once() -> None:
        engine = connect(settings, "worker", pool_size=1)
        await register(engine, settings, find_pool(settings, "safari"), DoorClient(settings.redis_url))
        await engine.dispose()

    asyncio.run(once())


def waits_for(gateway: Gateway, task: str) -> tuple[str, str | None] | None:
    """What the gate `lane` says, the same wherever one asks."""
    explained = gateway.http.get(f"/api/scheduler/task/{task}/explain").json()
    gate = next(gate for gate in explained["gates"] if gate["gate"] == "lane")
    listed = gateway.http.get("/api/scheduler/queue").json()["items"][0]["waiting_for"]
    (lane,) = gateway.http.get("/api/scheduler/status").json()["lanes"]
    (planned,) = gateway.http.get("/api/scheduler/plan", params={"hours": 48}).json()["items"]
    assert planned["expected_start"] == explained["expected_start"] or gate["open"]
    if gate["open"]:
        assert (listed, lane["state"], lane["reason"]) == ([], "running", None)
        return None
    said = {"reason": gate["reason"], "until": gate["until"]}
    assert listed == [{"gate": "lane", **said}]
    assert lane | said == lane
    assert lane["state"] == "resting"
    assert planned["expected_start"] == gate["until"]
    return gate["reason"], gate["until"]


def test_a_lane_out_of_its_hours_and_one_whose_mac_is_used_say_so_everywhere(gateway: Gateway, mac: Settings, tmp_path):
    opens = datetime.now().astimezone().replace(second=0, microsecond=0) + timedelta(hours=2)
    hours = f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"

    say(mac.model_copy(update={"safari_hours": hours}))
    task = gateway.submit({"type": "probe", "payload": {"lane": LANE}})["id"]
    reason, until = waits_for(gateway, task)
    assert reason == f"{LANE} works {hours} by its Mac's clock"
    assert datetime.fromisoformat(until) == opens.astimezone(UTC)

    say_idle(tmp_path, 3)
    say(mac)
    assert waits_for(gateway, task) == (f"a person uses the Mac of {LANE}", None)

    say_idle(tmp_path, 1000)
    say(mac)
    assert waits_for(gateway, task) is None
