"""Do real processes fall asleep when their work is done, and wake ahead of planned work, at a submit, after a takeover?"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.canaries import plant
from tests.support.gateway import Gateway, serve
from tests.support.stack import QUICK, Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

AHEAD_S = 2.0


class Night:
    """A dispatcher, the system pool and the keeper, and the way in."""

    def __init__(self, stack: Stack, gateway: Gateway) -> None:
        self.stack, self.gateway = stack, gateway

    def state(self) -> str:
        state: str = self.gateway.http.get("/api/scheduler/status").json()["state"]
        return state

    def fall_asleep(self) -> None:
        """Ask for sleep, and wait for it; the timetable's own work is done before."""
        self.gateway.post("/api/system/sleep")
        wait_for("it sleeps", lambda: self.state() == "sleeping")

    def task(self, task: dict) -> dict:
        found: dict = self.gateway.http.get(f"/api/scheduler/task/{task['id']}").json()
        return found

    def until_completed(self, task: dict, *, seconds: float = 30) -> dict:
        wait_for("it is completed", lambda: self.task(task)["status"] == "completed", seconds=seconds)
        return self.task(task)

    def woken_by(self) -> str:
        trigger: str = self.gateway.http.get("/api/system/sleep").json()["trigger"]
        return trigger


@pytest.fixture(scope="module")
def night(module_database, tmp_path_factory) -> Iterator[Night]:
    settings = module_database.model_copy(update={**QUICK, "wake_ahead_s": AHEAD_S, "log_format": "console"})
    stack = Stack(settings, tmp_path_factory.mktemp("stack"))
    with serve(settings) as gateway:
        try:
            stack.start_keeper()
            stack.start_beat()
            stack.start_pool("system")
            wait_for("the pool is there", lambda: stack.query("SELECT id FROM workers"), seconds=60)
            plant(gateway)
            yield Night(stack, gateway)
        finally:
            stack.stop_all()


OPEN_TASKS = "SELECT 1 FROM tasks WHERE status IN ('pending', 'queued', 'running')"


def test_it_sleeps_after_the_work_in_flight_and_wakes_ahead_of_planned_work(night: Night):
    pool = night.stack.child_of("system")
    # The timetable's first slots must not fill the lane while its worker stands still.
    wait_for("the timetable's own work is done", lambda: not night.stack.query(OPEN_TASKS))
    os.kill(pool, signal.SIGSTOP)
    first = night.gateway.submit()
    try:
        wait_for("it is on its way", lambda: night.task(first)["status"] == "queued")
        answer = night.gateway.post("/api/system/sleep").json()
        assert (answer["state"], answer["in_flight"] >= 1) == ("falling_asleep", True)
    finally:
        os.kill(pool, signal.SIGCONT)
    night.until_completed(first)
    wait_for("it sleeps", lambda: night.state() == "sleeping")

    planned = night.gateway.submit(scheduled_for=(datetime.now(UTC) + timedelta(seconds=6)).isoformat())
    gates = night.task(planned)["waiting_for"]
    assert {"time", "system"} <= {gate["gate"] for gate in gates}
    assert night.state() == "sleeping"
    due = datetime.fromisoformat(planned["scheduled_for"])
    started = datetime.fromisoformat(night.until_completed(planned)["started_at"])

    woken = night.stack.query("SELECT min(time) AS at FROM task_events WHERE type = 'system.running'")[0]["at"]
    assert night.woken_by() == "scheduled"
    assert timedelta(0) <= due - woken <= timedelta(seconds=AHEAD_S)
    assert timedelta(0) <= started - due < timedelta(seconds=2)


def test_a_submit_wakes_it_and_is_done_at_once(night: Night):
    night.fall_asleep()
    task = night.gateway.submit()
    done = night.until_completed(task, seconds=10)

    assert night.woken_by() == "submit"
    waited = datetime.fromisoformat(done["started_at"]) - datetime.fromisoformat(done["created_at"])
    assert waited < timedelta(seconds=2)


def test_asleep_the_timetable_makes_nothing_but_what_runs_asleep(night: Night):
    night.fall_asleep()
    night.stack.query("DELETE FROM task_events WHERE task_id IN (SELECT id FROM tasks WHERE timetable_entry IS NOT NULL)")
    night.stack.query("DELETE FROM attempts WHERE task_id IN (SELECT id FROM tasks WHERE timetable_entry IS NOT NULL)")
    night.stack.query("DELETE FROM tasks WHERE timetable_entry IS NOT NULL")
    beat = night.stack.processes["beat"]
    # A dispatcher that has just begun to lead knows of no slot that it has filled.
    os.kill(beat.pid, signal.SIGKILL)
    night.stack.start_beat("beat")

    made = "SELECT timetable_entry, status FROM tasks WHERE timetable_entry IS NOT NULL"
    done = [{"timetable_entry": "housekeeping", "status": "completed"}]
    wait_for("housekeeping is done", lambda: night.stack.query(made) == done, seconds=40)
    assert night.state() == "sleeping"


def test_when_the_leader_dies_asleep_another_wakes_for_a_submit(night: Night):
    night.fall_asleep()
    night.stack.start_beat("beat-2")
    os.kill(night.stack.processes["beat"].pid, signal.SIGKILL)

    night.until_completed(night.gateway.submit(), seconds=40)

    assert night.woken_by() == "submit"
    assert night.stack.query("SELECT 1 FROM task_events WHERE type = 'lane.unserved'") == []
