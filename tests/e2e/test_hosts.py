"""Does a joined host lend nothing but its browser: no database, no broker, and its work done once whatever fails there?"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.canaries import plant
from tests.support.gateway import Gateway, serve
from tests.support.hosts import join
from tests.support.stack import QUICK, ROOT, Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(240)]

MESSAGE = {
    "type": "dm",
    "platform": "instagram",
    "account": "demo",
    "payload": {"to": "maple_studio", "text": "to you alone"},
}


@dataclass
class Machine:
    """A machine of its own, as far as Callsheet can tell: another home, and an environment without any address."""

    home: Path
    stack: Stack
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run the host's program there."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLSHEET_")}
        log = (self.stack.folder / "host.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "host.program"],
            cwd=ROOT,
            env=environment | {"CALLSHEET_HOME": str(self.home), "CALLSHEET_HEADLESS": "true"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def send(self, number: int) -> None:
        """Signal the program and all that it has started, its browsers too."""
        assert self.process is not None
        everything = psutil.Process(self.process.pid)
        for one in [everything, *everything.children(recursive=True)]:
            one.send_signal(number)

    def stop(self) -> None:
        """End all that runs there."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.process.wait()


@dataclass(frozen=True)
class House:
    """A Callsheet whose only browsers are on another machine."""

    stack: Stack
    gateway: Gateway
    host_id: str
    machine: Machine
    said: list[str] = field(default_factory=list)

    def comment(self, text: str) -> str:
        payload = {"post_url": self.stack.posts("instagram")[0]["url"], "text": text}
        body = {"type": "comment", "platform": "instagram", "account": "demo", "payload": payload}
        return str(self.gateway.submit(body)["id"])

    def task(self, task_id: str) -> dict:
        return self.gateway.http.get(f"/api/scheduler/task/{task_id}").json()

    def is_done(self, task_id: str) -> Callable[[], bool]:
        return lambda: self.task(task_id)["status"] == "completed"

    def arrived(self, text: str) -> int:
        return sum(effect["text"] == text for effect in self.stack.truth())

    def present(self) -> bool:
        return self.stack.query("SELECT id FROM workers WHERE pool = 'host' AND rest_reason IS NULL") != []

    def revoke(self) -> None:
        assert self.gateway.http.post(f"/api/hosts/{self.host_id}/revoke").json()["state"] == "revoked"


@pytest.fixture(scope="module")
def house(module_database, free_port, tmp_path_factory) -> Iterator[House]:
    tmp_path = tmp_path_factory.mktemp("house")
    settings = module_database.model_copy(update={**QUICK, "sandbox_port": free_port(), "log_format": "console"})
    stack = Stack(settings, tmp_path / "stack")
    with serve(settings) as gateway:
        machine = Machine(tmp_path / "host", stack)
        try:
            stack.start_sandbox()
            stack.start_beat()
            stack.start_keeper()
            joined = join(gateway, gateway.http, "local")
            machine.home.mkdir(mode=0o700)
            membership = {
                "url": gateway.url,
                "host": "local",
                "credential": joined.credential,
                "workspace": joined.workspace,
            }
            (machine.home / "host.json").write_text(json.dumps(membership))
            machine.start()
            plant(gateway)
            found = House(stack, gateway, joined.id, machine)
            wait_for("the host is there", found.present, seconds=60)
            yield found
        finally:
            machine.stop()
            stack.stop_all()


def _addresses(house: House) -> set[int]:
    """The ports to which the host's program and its browsers are connected."""
    assert house.machine.process is not None
    everything = psutil.Process(house.machine.process.pid)
    return {
        link.raddr.port for one in [everything, *everything.children(recursive=True)]
        for link in one.net_connections("inet") if link.raddr
    }  # fmt: skip


def test_a_host_does_what_its_lanes_do_without_a_database_or_a_broker(house: House):
    stand = {"platform": "sora", "free": 3, "paid": 0, "refreshes_at": None}
    httpx.post(f"{house.stack.sandbox_url}/_control/credits", json=stand).raise_for_status()
    comment = house.comment("from a machine of its own")
    for task in (
        comment,
        house.gateway.submit(MESSAGE)["id"],
        house.gateway.post("/api/sora/credits/check").json()["id"],
        house.gateway.post("/api/accounts/instagram/demo/check").json()["id"],
    ):
        wait_for(f"{task} is done", house.is_done(task), seconds=60)
    assert house.arrived("to you alone") == 1
    assert house.arrived("from a machine of its own") == 1
    settings = house.stack.settings
    servers = {int(url.rsplit("@", 1)[-1].rsplit(":", 1)[1].split("/")[0]) for url in (settings.redis_url,) if ":" in url}
    assert not _addresses(house) & (servers | {5432, 6379})
    assert house.stack.query("SELECT count(*) AS n FROM proofs") != [{"n": 0}]
    acted = house.stack.query("SELECT DISTINCT browser_host FROM attempts WHERE browser_token IS NOT NULL")
    assert acted == [{"browser_host": "local"}]
    mode = stat.S_IMODE((settings.home / "door" / house.host_id).stat().st_mode)
    assert mode == 0o700
    assert list((settings.home / "door" / house.host_id).iterdir()) == []


@pytest.mark.parametrize("after_s", [0.3, *(pytest.param(s, marks=pytest.mark.long) for s in (0.0, 0.1, 0.2, 0.5, 0.8))])
def test_a_host_that_is_killed_at_work_loses_nothing_and_does_nothing_twice(house: House, after_s: float):
    text = f"killed after {after_s}"
    task = house.comment(text)
    wait_for("it is at work", lambda: house.task(task)["status"] in {"running", "completed"}, seconds=60)
    _pause(after_s)

    house.machine.send(signal.SIGKILL)
    assert house.machine.process is not None
    house.machine.process.wait()
    house.machine.start()

    wait_for("it is done", house.is_done(task), seconds=90)
    assert house.arrived(text) == 1


@pytest.mark.long
def test_a_host_that_is_paused_at_work_proves_nothing_and_its_task_says_so(house: House):
    house.stack.fault("instagram", "slow", seconds=6)
    task = house.comment("held up")
    wait_for("it is at work", lambda: house.task(task)["status"] == "running", seconds=60)
    _pause(0.5)
    house.machine.send(signal.SIGSTOP)
    wait_for("it is given up", lambda: house.task(task)["status"] != "running", seconds=60)
    house.machine.send(signal.SIGCONT)
    wait_for("it is done", house.is_done(task), seconds=120)
    assert house.arrived("held up") == 1


def test_a_host_that_is_away_is_waited_for_and_named(house: House):
    house.machine.stop()
    task = house.comment("once it is back")
    named = "host local is not connected"
    wait_for("it says why it waits", lambda: named in str(house.task(task)["waiting_for"]), seconds=30)
    house.machine.start()
    wait_for("it is done", house.is_done(task), seconds=60)
    assert house.arrived("once it is back") == 1


def test_a_host_that_is_revoked_at_work_leaves_a_task_that_waits_and_says_why(house: House):
    house.stack.fault("instagram", "slow", seconds=8)
    task = house.comment("in the midst of it")
    wait_for("it is at work", lambda: house.task(task)["status"] == "running", seconds=60)

    house.revoke()

    assert house.machine.process is not None
    assert house.machine.process.wait(10) == 77
    wait_for("it is nobody's", lambda: house.task(task)["status"] in {"pending", "unknown"}, seconds=20)
    wait_for("it says why it waits", lambda: house.task(task)["waiting_for"] or house.task(task)["error"], seconds=20)
    assert house.arrived("in the midst of it") <= 1
    wait_for("its worker is gone", lambda: house.stack.query("SELECT id FROM workers") == [], seconds=30)
    later = house.comment("never said")
    why = wait_for("it says why it waits", lambda: house.task(later)["waiting_for"], seconds=20)
    assert {one["gate"] for one in why} & {"lane", "connection"}
    assert house.arrived("never said") == 0


def _pause(seconds: float) -> None:
    """Let the work come so far; each of these is another place in it."""
    import time

    time.sleep(seconds)
