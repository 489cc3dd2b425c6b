"""Does the keeper record the death of exactly what it has proved to be dead?"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from shared.db.session import connect
from shared.hosts.relay import DoorClient
from shared.own_processes import note_own_process
from shared.process_identity import identity_of
from tests.support.gateway import PROBE, Gateway
from workers import keeper

_LOST = """
    INSERT INTO attempts (workspace_id, task_id, kind, lane, release_seq, host, pid, {columns}, deadline_at, lease_until,
                          ended_at, outcome)
    SELECT workspace_id, id, 'perform', lane, 1, %(host)s, %(pid)s, {values}, now(), now(), now(), 'lost'
    FROM tasks WHERE id = %(task)s
"""


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def ended(gateway: Gateway, victim: subprocess.Popen[bytes], **columns: object) -> list[bool]:
    """Whether the keeper takes a lost attempt of this process of ours for dead, and whether the process is."""
    note_own_process(gateway.settings.home, victim.pid, identity_of(victim.pid))
    task = gateway.submit(PROBE)["id"]
    statement = _LOST.format(columns=", ".join(columns), values=", ".join(f"%({name})s" for name in columns))
    gateway.query(statement, host=gateway.settings.machine, pid=victim.pid, task=task, **columns)

    async def run() -> int:
        engine = connect(gateway.settings, "worker", pool_size=1)
        try:
            return await keeper.end_lost(engine, gateway.settings, DoorClient(gateway.settings.redis_url))
        finally:
            await engine.dispose()

    count = asyncio.run(run())
    [row] = gateway.query("SELECT dead_at IS NOT NULL AS dead FROM attempts")
    assert row["dead"] is (count == 1)
    return [row["dead"], victim.poll() is not None or psutil.Process(victim.pid).status() == psutil.STATUS_ZOMBIE]


def test_a_lost_process_is_ended_and_recorded(gateway: Gateway, victim):
    assert ended(gateway, victim, process_identity=identity_of(victim.pid)) == [True, True]


def test_one_that_a_worker_of_the_version_before_has_recorded_is_too(gateway: Gateway, victim):
    assert ended(gateway, victim, pid_started_at=psutil.Process(victim.pid).create_time()) == [True, True]


def test_one_of_an_older_boot_is_recorded_and_who_has_its_number_lives(gateway: Gateway, victim):
    assert ended(gateway, victim, process_identity="an-older-boot/1") == [True, False]


def test_one_that_nothing_identifies_is_not_called_dead(gateway: Gateway, victim):
    assert ended(gateway, victim, process_identity=None) == [False, False]


def test_a_browser_that_nothing_identifies_is_not_called_dead_either(gateway: Gateway, victim):
    dead = {"process_identity": "an-older-boot/1", "browser_pid": victim.pid}
    assert ended(gateway, victim, **dead) == [False, False]
