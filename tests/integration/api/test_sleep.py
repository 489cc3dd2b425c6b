"""Who may let the system sleep, what wakes it, and who is told?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from shared.db import leases
from shared.db.session import connect
from tests.support.gateway import PROBE, Gateway, new_workspace
from workers.dispatch import sleep

LEASE = {"key": "dispatcher", "holder": "test"}
WORKER = (
    "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
    " VALUES ('w', 'system', 'h', 1, '1', '{system}', 1, now() + interval '1 hour')"
)


class Leader:
    """The leading dispatcher, as far as sleep is concerned."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.engine = connect(gateway.settings, "dispatcher")

    async def look(self) -> str:
        """Look once; answers the state that the gateway shows then."""
        async with self.engine.begin() as connection:
            token = await leases.take(connection, "dispatcher", "test", 60)
        night = await sleep.decide_sleep(self.engine, self.gateway.settings, LEASE | {"token": token})
        assert night is not None
        state: str = shown(self.gateway)["state"]
        assert (state == "asleep") == night.asleep
        return state


def test_who_asked_for_sleep_is_told_in_their_own_workspace_alone(gateway: Gateway):
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read", "manage")))
    assert theirs.post("/api/system/sleep").status_code == 200
    assert theirs.get("/api/system/sleep").json()["asked_by"] == "key of theirs"
    assert gateway.http.get("/api/system/sleep").json()["asked_by"] is None
    assert gateway.post("/api/system/sleep").json()["asked_by"] is None  # who asked first stands


@pytest_asyncio.fixture
async def leader(gateway: Gateway):
    leading = Leader(gateway)
    yield leading
    await leading.engine.dispose()


@pytest_asyncio.fixture
async def asleep(leader: Leader) -> Leader:
    leader.gateway.post("/api/system/sleep")
    assert await leader.look() == "asleep"
    return leader


def shown(gateway: Gateway) -> dict:
    return gateway.http.get("/api/system/sleep").json()


def later(**by) -> str:
    return (datetime.now(UTC) + timedelta(**by)).isoformat()


def said(gateway: Gateway) -> list[dict]:
    return gateway.query(
        "SELECT DISTINCT type, data FROM task_events WHERE type LIKE 'system.%%' AND workspace_id = %(id)s",
        id=gateway.workspace_id,
    )


def system_gate(gateway: Gateway, task: dict) -> dict:
    found = gateway.http.get(f"/api/scheduler/task/{task['id']}/explain").json()
    return next(gate for gate in found["gates"] if gate["gate"] == "system")


async def test_asked_to_sleep_it_sleeps_and_says_so_to_every_workspace(leader: Leader):
    theirs = leader.gateway.with_key(new_workspace(leader.gateway.settings, "theirs", ("read", "manage")))
    assert leader.gateway.post("/api/system/sleep").json()["state"] == "falling_asleep"
    assert leader.gateway.http.get("/api/scheduler/status").json()["state"] == "running"

    assert await leader.look() == "asleep"

    assert theirs.get("/api/scheduler/status").json()["state"] == "sleeping"
    assert theirs.get("/api/system/sleep").json()["since"]
    events = leader.gateway.query("SELECT count(DISTINCT workspace_id) AS n FROM task_events WHERE type = 'system.sleeping'")
    assert events == [{"n": 3}]  # ours, theirs, the system's own


async def test_it_waits_for_work_in_flight(leader: Leader):
    leader.gateway.query(WORKER)
    task = leader.gateway.submit()
    leader.gateway.post("/api/system/sleep")
    assert await leader.look() == "falling_asleep"  # due, and its gates are open
    leader.gateway.query(
        "UPDATE tasks SET status = 'queued', released_at = now(), published_at = now() WHERE id = %(id)s", id=task["id"]
    )
    assert await leader.look() == "falling_asleep"
    assert shown(leader.gateway)["in_flight"] == 1
    for status in ("running", "completed"):
        leader.gateway.query("UPDATE tasks SET status = %(to)s WHERE id = %(id)s", id=task["id"], to=status)
    assert await leader.look() == "asleep"


async def test_it_says_for_what_it_stays_awake(leader: Leader):
    task = leader.gateway.submit(scheduled_for=later(minutes=4))
    leader.gateway.post("/api/system/sleep")
    assert await leader.look() == "falling_asleep"
    assert shown(leader.gateway)["due_at"] == task["scheduled_for"]
    leader.gateway.http.delete(f"/api/scheduler/task/{task['id']}")
    assert await leader.look() == "asleep"
    assert (shown(leader.gateway)["due_at"], shown(leader.gateway)["wakes_at"]) == (None, None)


async def test_what_a_person_holds_keeps_nobody_awake(leader: Leader):
    leader.gateway.query(WORKER)
    leader.gateway.submit()
    leader.gateway.post("/api/scheduler/pause", {"scope": "all"})
    leader.gateway.post("/api/system/sleep")

    assert await leader.look() == "asleep"
    leader.gateway.post("/api/scheduler/resume", {"scope": "all"})
    assert await leader.look() == "awake"


async def test_pause_and_kill_switch_stay_as_they_are_over_sleep_and_wake(leader: Leader):
    gateway = leader.gateway
    gateway.query(WORKER)
    gateway.post("/api/scheduler/pause", {"scope": "lane:system"})
    gateway.post("/api/system/kill-switch", {"on": True})
    task = gateway.submit()
    before = gateway.query("SELECT key, gate, reason FROM scopes ORDER BY key")
    gateway.post("/api/system/sleep")
    assert await leader.look() == "asleep"
    gateway.post("/api/system/wake")
    assert await leader.look() == "awake"
    assert gateway.query("SELECT key, gate, reason FROM scopes ORDER BY key") == before
    assert system_gate(gateway, task)["reason"] == "paused by local owner"


async def test_a_scheduled_task_wakes_it_ahead_and_its_explanation_says_when(asleep: Leader):
    gateway = asleep.gateway
    gateway.query(WORKER)
    task = gateway.submit(scheduled_for=later(minutes=30))
    assert await asleep.look() == "asleep"

    wakes_at = datetime.fromisoformat(shown(gateway)["wakes_at"])
    gate = system_gate(gateway, task)
    explained = gateway.http.get(f"/api/scheduler/task/{task['id']}/explain").json()
    assert wakes_at == datetime.fromisoformat(task["scheduled_for"]) - timedelta(minutes=5)
    assert (gate["open"], datetime.fromisoformat(gate["until"])) == (False, wakes_at)
    assert gate["reason"].startswith("asleep, wakes at ")
    assert explained["expected_start"] == task["scheduled_for"]
    planned = gateway.http.get("/api/scheduler/plan").json()["items"]
    assert [one["expected_start"] for one in planned if one["task_id"] == task["id"]] == [task["scheduled_for"]]

    gateway.query("UPDATE tasks SET not_before = now() + interval '4 minutes' WHERE id = %(id)s", id=task["id"])
    assert await asleep.look() == "awake"
    assert {"type": "system.running", "data": {"trigger": "scheduled"}} in said(gateway)
    assert system_gate(gateway, task)["open"]


async def test_a_submit_wakes_it(asleep: Leader):
    asleep.gateway.query(WORKER)
    asleep.gateway.submit()
    assert await asleep.look() == "awake"
    assert shown(asleep.gateway)["trigger"] == "submit"


async def test_without_a_worker_a_submit_wakes_nobody_and_the_worker_does(asleep: Leader):
    asleep.gateway.submit()
    assert await asleep.look() == "asleep"
    asleep.gateway.query(WORKER)
    assert await asleep.look() == "awake"


async def test_a_visit_wakes_it_and_an_event_stream_does_not(asleep: Leader):
    with asleep.gateway.http.stream("GET", "/api/events") as stream:
        assert stream.status_code == 200
    assert await asleep.look() == "asleep"
    assert asleep.gateway.http.get("/").status_code == 200
    assert await asleep.look() == "awake"
    assert shown(asleep.gateway)["trigger"] == "visit"


async def test_a_visit_does_not_keep_it_from_falling_asleep(leader: Leader):
    leader.gateway.post("/api/system/sleep")
    leader.gateway.http.get("/")
    assert await leader.look() == "asleep"


async def test_whoever_asks_wakes_it(asleep: Leader):
    assert asleep.gateway.post("/api/system/wake").json()["state"] == "awake"
    assert asleep.gateway.http.get("/api/scheduler/status").json()["state"] == "running"
    assert await asleep.look() == "awake"
    assert {"type": "system.running", "data": {"trigger": "asked"}} in said(asleep.gateway)
    assert await asleep.look() == "awake"
    assert len(said(asleep.gateway)) == 2


async def test_a_checkback_wakes_it_at_its_time(asleep: Leader):
    answer = asleep.gateway.post("/api/system/wakes", {"at": later(minutes=30), "trigger": "checkback"})
    assert answer.status_code == 201
    assert await asleep.look() == "asleep"
    assert shown(asleep.gateway)["wakes_at"] == answer.json()["at"]
    assert [wake["id"] for wake in shown(asleep.gateway)["wakes"]] == [answer.json()["id"]]

    asleep.gateway.query("UPDATE wakes SET at = now()")
    assert await asleep.look() == "awake"
    assert shown(asleep.gateway)["trigger"] == "wake"
    assert {"type": "system.running", "data": {"trigger": "checkback"}} in said(asleep.gateway)
    others = "SELECT data FROM task_events WHERE type = 'system.running' AND workspace_id <> %(id)s"
    assert asleep.gateway.query(others, id=asleep.gateway.workspace_id) == [{"data": {"trigger": "wake"}}]
    assert asleep.gateway.query("SELECT * FROM wakes") == []


async def test_the_next_slot_of_a_schedule_wakes_it_ahead(asleep: Leader):
    gateway = asleep.gateway
    recurring = {"task": PROBE, "rule": "FREQ=DAILY", "zone": "UTC", "starts_at": later(hours=1)}
    assert gateway.post("/api/schedules", recurring).status_code == 201
    assert await asleep.look() == "asleep"
    next_at = gateway.query("SELECT next_at FROM schedules")[0]["next_at"]
    assert datetime.fromisoformat(shown(gateway)["wakes_at"]) == next_at - timedelta(minutes=5)
    gateway.query("UPDATE schedules SET next_at = now() + interval '4 minutes'")
    assert await asleep.look() == "awake"
    assert shown(gateway)["trigger"] == "schedule"


async def test_a_held_line_wakes_it_when_its_last_gate_opens(leader: Leader):
    gateway = leader.gateway
    gateway.query(WORKER)
    gateway.submit()
    held = gateway.query(
        "INSERT INTO scopes (workspace_id, key, gate, reason, opens_at)"
        " VALUES (%(id)s, 'lane:system', 'system', 'held', now() + interval '1 hour') RETURNING opens_at",
        id=gateway.workspace_id,
    )
    gateway.post("/api/system/sleep")
    assert await leader.look() == "asleep"
    assert datetime.fromisoformat(shown(gateway)["wakes_at"]) == held[0]["opens_at"]
    gateway.query("UPDATE scopes SET opens_at = now()")
    assert await leader.look() == "awake"
    assert shown(gateway)["trigger"] == "due"


@pytest.mark.parametrize("at", [{"minutes": -1}, {"days": 400}])
def test_a_wake_is_ahead_and_within_a_year(gateway: Gateway, at: dict):
    answer = gateway.post("/api/system/wakes", {"at": later(**at), "trigger": "checkback"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ahead")


def test_a_workspace_has_a_thousand_wakes_at_most(gateway: Gateway):
    gateway.query(
        "INSERT INTO wakes (id, workspace_id, at, trigger) SELECT gen_random_uuid(), id, now() + interval '1 day', 'x'"
        " FROM workspaces, generate_series(1, 1000) WHERE name = 'local'"
    )
    answer = gateway.post("/api/system/wakes", {"at": later(days=1), "trigger": "checkback"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many")


def test_sleep_needs_a_manager_and_waking_whoever_submits(gateway: Gateway):
    reader = gateway.with_key(new_workspace(gateway.settings, "readers", ("read",)))
    submitter = gateway.with_key(new_workspace(gateway.settings, "readers", ("read", "submit")))
    assert reader.get("/api/system/sleep").status_code == 200
    assert [reader.post(f"/api/system/{what}").status_code for what in ("sleep", "wake")] == [403, 403]
    assert [submitter.post(f"/api/system/{what}").status_code for what in ("sleep", "wake")] == [403, 200]
