"""Does a host that joined work with nothing but its own credentials, and stop at once when it is revoked?"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from redis import Redis

from tests.support.canaries import plant
from tests.support.gateway import Gateway, serve
from tests.support.hosts import offer
from tests.support.stack import QUICK, ROOT, Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(180)]

POOLS = ("instagram", "sora")
MESSAGE = {
    "type": "dm",
    "platform": "instagram",
    "account": "demo",
    "payload": {"to": "maple_studio", "text": "to you alone"},
}
VIDEO = {
    "type": "video",
    "platform": "sora",
    "account": "demo",
    "resources": {"credits": 1},
    "payload": {"prompt": "A lighthouse at dawn."},
}


@dataclass
class Machine:
    """A machine of its own, as far as Callsheet can tell: another home, and an environment without any address."""

    home: Path
    stack: Stack
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def callsheet(self, *words: str) -> subprocess.Popen[bytes]:
        """Run `callsheet WORDS` there."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLSHEET_")}
        environment |= {f"CALLSHEET_{name.upper()}": str(value) for name, value in QUICK.items()}
        log = (self.stack.folder / "host.log").open("ab")
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("callsheet")), *words],
            cwd=ROOT,
            env=environment | {"CALLSHEET_HOME": str(self.home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """End all that runs there."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass(frozen=True)
class House:
    """A Callsheet whose only browsers are on another machine."""

    stack: Stack
    gateway: Gateway
    host_id: str

    def comment(self, text: str) -> str:
        payload = {"post_url": self.stack.posts("instagram")[0]["url"], "text": text}
        body = {"type": "comment", "platform": "instagram", "account": "demo", "payload": payload}
        return str(self.gateway.submit(body)["id"])

    def task(self, task_id: str) -> dict:
        return self.gateway.http.get(f"/api/scheduler/task/{task_id}").json()

    def arrived(self, text: str) -> int:
        return sum(effect["text"] == text for effect in self.stack.truth())

    def revoke(self) -> None:
        assert self.gateway.http.post(f"/api/hosts/{self.host_id}/revoke").json()["state"] == "revoked"


@pytest.fixture
def house(database, free_port, tmp_path) -> Iterator[House]:
    settings = database.model_copy(update={**QUICK, "sandbox_port": free_port(), "log_format": "console"})
    stack = Stack(settings, tmp_path / "stack")
    with serve(settings) as gateway:
        machine = Machine(tmp_path / "host", stack)
        try:
            stack.start_sandbox()
            stack.start_beat()
            made = offer(gateway.http, "local")
            assert machine.callsheet("worker", "join", made["token"], "--url", gateway.url).wait(30) == 0
            assert stat.S_IMODE((machine.home / "host.json").stat().st_mode) == 0o600
            machine.callsheet("worker", "keeper")
            for pool in POOLS:
                machine.callsheet("worker", pool)
            wait_for("the host is there", lambda: len(stack.query("SELECT id FROM workers")) == len(POOLS), seconds=60)
            plant(gateway)
            yield House(stack, gateway, made["id"])
        finally:
            machine.stop()
            stack.stop_all()


def _sessions(house: House) -> int:
    query = (
        "SELECT count(*) AS n FROM pg_stat_activity"
        " WHERE datname = current_database() AND starts_with(usename, 'callsheet_host_')"
    )
    return int(house.stack.query(query)[0]["n"])


def test_a_host_has_the_rights_for_everything_that_its_lanes_do(house: House):
    stand = {"platform": "sora", "free": 3, "paid": 0, "refreshes_at": None}
    httpx.post(f"{house.stack.sandbox_url}/_control/credits", json=stand).raise_for_status()
    for task in (
        house.gateway.submit(MESSAGE)["id"],
        house.gateway.post("/api/sora/credits/check").json()["id"],
        house.gateway.submit({"type": "probe", "payload": {"lane": "chromium.local.instagram"}})["id"],
        house.gateway.post("/api/accounts/instagram/demo/check").json()["id"],
    ):
        wait_for(f"{task} is done", lambda task=task: house.task(task)["status"] == "completed", seconds=60)
    assert house.arrived("to you alone") == 1
    # A host makes no videos, as its files are its own; what the failure settles, credits among it, is written all the same.
    video = house.gateway.submit(VIDEO)["id"]
    wait_for("it has failed", lambda: house.task(video)["status"] == "failed", seconds=60)
    assert house.task(video)["error"]["code"] == "unsupported"
    assert house.stack.query("SELECT state FROM credit_reservations") == [{"state": "released"}]


def test_a_host_that_is_revoked_at_work_leaves_a_task_that_waits_and_says_why(house: House):
    house.stack.fault("instagram", "slow", seconds=8)
    task = house.comment("in the midst of it")
    wait_for("it is at work", lambda: house.task(task)["status"] == "running", seconds=60)

    house.revoke()

    wait_for("its sessions are over", lambda: _sessions(house) == 0, seconds=5, every=0.02)
    wait_for("it is nobody's", lambda: house.task(task)["status"] in {"pending", "unknown"}, seconds=20)
    after = wait_for(
        "it says why it waits", lambda: house.task(task)["waiting_for"] or house.task(task)["error"], seconds=20
    )
    assert after
    assert house.arrived("in the midst of it") <= 1


def test_a_redis_that_forgot_its_users_is_told_again(house: House):
    with Redis.from_url(house.stack.settings.redis_url) as client:
        before = [name for name in client.acl_users() if name.startswith("callsheet_host_")]
        for name in before:
            client.acl_deluser(name)
        role = house.stack.query("SELECT role FROM host_access WHERE revoked_at IS NULL")[0]["role"]
        wait_for("Redis knows it again", lambda: role in client.acl_users(), seconds=10)
    task = house.comment("after a restart")
    wait_for("it is done", lambda: house.task(task)["status"] == "completed", seconds=60)


def test_a_host_does_a_comment_with_its_own_credentials_and_is_out_at_once_when_revoked(house: House):
    task = house.comment("from a machine of its own")
    wait_for("it is done", lambda: house.task(task)["status"] == "completed", seconds=60)
    assert house.arrived("from a machine of its own") == 1
    assert _sessions(house) > 0

    house.revoke()
    wait_for("its sessions are over", lambda: _sessions(house) == 0, seconds=5, every=0.02)
    later = house.comment("never said")
    why = wait_for("it says why it waits", lambda: house.task(later)["waiting_for"], seconds=20)
    assert {one["gate"] for one in why} & {"lane", "connection"}
    assert house.arrived("never said") == 0
