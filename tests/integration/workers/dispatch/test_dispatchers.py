"""Is every task released once, whoever leads, whoever dies, and whatever Redis forgets?"""

from __future__ import annotations

import os
import signal
import time
from uuid import UUID

import pytest
import redis

from tests.support import work
from tests.support.servers import watcher_of
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


# A lane of the same pool that the timetable leaves alone: while a worker is stopped, the jobs of a minute that has begun
# take all the room that the lane `system` has.
ASIDE = "media"


def probes(stack: Stack, count: int, *, lane: str = "system", **more) -> list[UUID]:
    workspace = stack.query("SELECT id FROM workspaces WHERE name = 'local'")[0]["id"]
    rows = [work.row(None, "probe", {"lane": lane}, lane, workspace_id=workspace, **more) for _ in range(count)]
    return work.submit(stack, rows)


def until_completed(stack: Stack, ids: list[UUID], *, seconds: float = 30) -> None:
    wait_for("all probes are completed", lambda: work.statuses(stack, ids) == {"completed": len(ids)}, seconds=seconds)


def tries(stack: Stack, ids: list[UUID]) -> dict[str, int]:
    """The largest number of releases and of attempts that any of these tasks has had."""
    statement = """
        SELECT max(release_seq) AS releases,
               max((SELECT count(*) FROM attempts a WHERE a.task_id = t.id)) AS attempts
        FROM tasks t WHERE id = ANY (%(ids)s)"""
    return stack.query(statement, ids=ids)[0]


def leader(stack: Stack) -> str:
    """The name of the beat that leads: the last one that said so."""
    said = {name: stack.log_of(name).rfind("dispatcher.leads") for name in ("beat-1", "beat-2")}
    fences = {name: stack.log_of(name)[at:].split("fence=")[1].split()[0] for name, at in said.items() if at >= 0}
    return max(fences, key=lambda name: int("".join(c for c in fences[name] if c.isdigit())))


@pytest.fixture
def two_beats(engine: Stack) -> Stack:
    engine.start_beat("beat-1")
    engine.start_beat("beat-2")
    engine.start_pool("system")
    until_completed(engine, probes(engine, 1))
    return engine


def test_when_the_leader_is_killed_the_other_leads_within_ten_seconds_and_releases_nothing_twice(two_beats: Stack):
    os.kill(two_beats.processes[leader(two_beats)].pid, signal.SIGKILL)
    killed = time.monotonic()

    ids = probes(two_beats, 300)
    until_completed(two_beats, ids)

    assert time.monotonic() - killed < 10
    assert tries(two_beats, ids) == {"releases": 1, "attempts": 1}


def test_a_leader_that_was_frozen_releases_nothing_when_it_wakes(two_beats: Stack):
    frozen = two_beats.processes[leader(two_beats)].pid
    os.kill(frozen, signal.SIGSTOP)

    first = probes(two_beats, 100)
    until_completed(two_beats, first)
    os.kill(frozen, signal.SIGCONT)
    second = probes(two_beats, 100)
    until_completed(two_beats, second)

    assert tries(two_beats, first + second) == {"releases": 1, "attempts": 1}


def test_a_leader_that_ends_in_good_order_is_followed_long_before_its_lease_would_end(engine: Stack):
    engine.settings = engine.settings.model_copy(update={"leader_lease_s": 60.0})
    engine.start_beat("beat-1")
    engine.start_pool("system")
    until_completed(engine, probes(engine, 1))
    engine.start_beat("beat-2")

    engine.stop("beat-1")

    until_completed(engine, probes(engine, 1), seconds=30)


def test_each_slot_of_the_timetable_is_one_task_however_many_beats_look(two_beats: Stack):
    wait_for("housekeeping ran", lambda: two_beats.query("SELECT 1 FROM tasks WHERE type = 'housekeeping'"))

    doubles = two_beats.query(
        "SELECT timetable_entry FROM tasks WHERE timetable_entry IS NOT NULL"
        " GROUP BY timetable_entry, timetable_slot HAVING count(*) > 1"
    )
    assert doubles == []


def test_each_slot_of_a_schedule_is_one_task_however_many_beats_look(two_beats: Stack):
    two_beats.query(
        "INSERT INTO schedules (id, workspace_id, type, type_version, lane, priority, payload, payload_hash, max_retries,"
        " rule, zone, starts_at, missed, overlap, next_at)"
        " SELECT gen_random_uuid(), id, 'probe', 1, 'system', 1, '{\"lane\": \"system\"}', '', 0, 'FREQ=MINUTELY', 'UTC',"
        " now() - interval '1 day', 'run_once', 'skip', date_trunc('minute', now()) - interval '1 hour'"
        " FROM workspaces, generate_series(1, 20) WHERE name = 'local'"
    )
    made = "SELECT schedule_id, schedule_slot, status FROM tasks WHERE schedule_id IS NOT NULL"
    wait_for("each has come", lambda: len({row["schedule_id"] for row in two_beats.query(made)}) == 20)
    os.kill(two_beats.processes[leader(two_beats)].pid, signal.SIGKILL)
    wait_for("all are completed", lambda: {row["status"] for row in two_beats.query(made)} == {"completed"})

    rows = two_beats.query(made)
    assert len({(row["schedule_id"], row["schedule_slot"]) for row in rows}) == len(rows)
    # A minute may have ended meanwhile; what was missed in the hour before came once.
    assert len(rows) <= 20 * len({row["schedule_slot"] for row in rows}) <= 40


def test_messages_that_redis_forgot_are_published_again_with_the_same_number(engine: Stack):
    engine.settings = engine.settings.model_copy(update={"worker_seen_s": 60})  # a stopped worker still counts
    engine.start_beat()
    engine.start_pool("system")
    until_completed(engine, probes(engine, 1))
    worker = engine.processes["system"].pid
    os.kill(worker, signal.SIGSTOP)
    try:
        ids = probes(engine, 5, lane=ASIDE)
        wait_for("they are queued", lambda: work.statuses(engine, ids) == {"queued": 5})
        redis.Redis.from_url(engine.settings.redis_url).flushall()
    finally:
        os.kill(worker, signal.SIGCONT)

    until_completed(engine, ids)

    assert tries(engine, ids)["attempts"] == 1


def test_without_a_worker_queued_tasks_wait_where_people_can_see_them(engine: Stack):
    engine.settings = engine.settings.model_copy(update={"worker_seen_s": 10})  # time to see them queued
    engine.start_beat()
    engine.start_pool("system")
    until_completed(engine, probes(engine, 1))
    os.kill(engine.processes["system"].pid, signal.SIGSTOP)
    ids = probes(engine, 3, lane=ASIDE)
    wait_for("they are queued", lambda: work.statuses(engine, ids) == {"queued": 3})

    os.kill(engine.processes["system"].pid, signal.SIGKILL)
    wait_for("they wait again", lambda: work.statuses(engine, ids) == {"pending": 3})

    engine.start_pool("system")
    until_completed(engine, ids)


def test_a_message_delivered_twice_is_done_once(engine: Stack):
    engine.start_pool("system")
    wait_for("the pool is there", lambda: engine.query("SELECT id FROM workers"))
    ids = probes(engine, 1)
    engine.query(
        "UPDATE tasks SET status = 'queued', release_seq = 1, released_at = now() WHERE id = ANY (%(ids)s)", ids=ids
    )

    from celery import Celery

    app = Celery(broker=engine.settings.redis_url)
    for _ in range(5):
        app.send_task("probe", args=({"tasks": [[str(ids[0]), 1]]},), queue="system", ignore_result=True)
    app.send_task("probe", args=({"tasks": [[str(ids[0]), 99]]},), queue="system", ignore_result=True)
    until_completed(engine, ids)
    wait_for("all messages are taken", lambda: engine.log_of("system").count("succeeded in") >= 6)

    assert tries(engine, ids) == {"releases": 1, "attempts": 1}


def test_a_thousand_tasks_leave_in_few_messages(engine: Stack):
    ids = probes(engine, 1000)
    engine.start_pool("system")
    wait_for("the pool is there", lambda: engine.query("SELECT id FROM workers"))
    engine.start_beat()

    until_completed(engine, ids)

    assert tries(engine, ids) == {"releases": 1, "attempts": 1}
    assert engine.log_of("system").count("received") < 20
    rows = engine.query(
        "SELECT coalesce(cardinality(task_ids), 1) AS n FROM task_events"
        " WHERE task_id = ANY (%(ids)s) OR task_ids && %(ids)s",
        ids=ids,
    )
    assert sum(row["n"] for row in rows) == 4000  # pending, queued, running, completed
    assert len(rows) < 50


def test_the_attempt_of_a_killed_child_is_closed_at_once_and_not_when_its_lease_ends(engine: Stack):
    patient = engine.settings.model_copy(update={"lease_s": 60.0})
    engine.settings = patient
    engine.start_keeper()
    engine.start_pool("system")
    wait_for("the pool is there", lambda: engine.query("SELECT id FROM workers"))
    child = wait_for("its child is there", lambda: engine.child_of("system"))
    os.kill(child, signal.SIGSTOP)
    ids = probes(engine, 1, lane=ASIDE)
    engine.start_beat()
    wait_for("it is queued", lambda: work.statuses(engine, ids) == {"queued": 1})
    os.kill(child, signal.SIGKILL)

    until_completed(engine, ids, seconds=20)


def test_a_leader_says_that_its_rounds_succeed_only_while_redis_answers(engine: Stack):
    engine.start_beat("beat-1")

    def lease() -> dict:
        found = engine.query("SELECT seen_at, good_at FROM leases WHERE key = 'dispatcher'")
        return found[0] if found else {"seen_at": None, "good_at": None}

    wait_for("a round has succeeded", lambda: lease()["good_at"] is not None, seconds=20)
    with redis.Redis.from_url(watcher_of(engine.settings.redis_url)) as wire:
        wire.client_pause(8_000, all=True)
    begun = lease()
    wait_for("it has renewed its lease, and is not well", lambda: _renewed(begun, lease()), seconds=20)
    wait_for("it is well again", lambda: lease()["good_at"] > begun["good_at"], seconds=20)


def _renewed(begun: dict, now: dict) -> bool:
    return (now["seen_at"] - begun["seen_at"]).total_seconds() > 3 and now["good_at"] == begun["good_at"]
