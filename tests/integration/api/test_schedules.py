"""Does recurring work make one task for each slot, and leave nothing behind when it is changed or deleted?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.db import leases
from shared.db.session import connect
from tests.integration.api.test_bad_input import refused
from tests.support.gateway import PROBE, Gateway, comment
from workers.dispatch import recurring

DAILY: dict[str, Any] = {"task": PROBE, "rule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "zone": "Europe/Berlin"}


@pytest.fixture
def here(module_gateway: Gateway):
    """A gateway without schedules."""
    yield module_gateway
    module_gateway.query("DELETE FROM schedules")


def made(gateway: Gateway, **changes: Any) -> dict[str, Any]:
    answer = gateway.post("/api/schedules", DAILY | changes)
    assert answer.status_code == 201, answer.text
    schedule: dict[str, Any] = answer.json()
    return schedule


def look(gateway: Gateway, leaders: int = 1, fence: Callable[..., Any] | None = None) -> None:
    """What a leading dispatcher does every second; several of them at once where a test wants it."""

    async def open_fence(_connection: Any) -> None: ...

    async def all_of_them() -> None:
        engines = [connect(gateway.settings, "dispatcher") for _ in range(leaders)]
        looks = [recurring.fill(engine, gateway.settings, fence or open_fence) for engine in engines]
        await asyncio.gather(*looks)
        for engine in engines:
            await engine.dispose()

    asyncio.run(all_of_them())


def due(gateway: Gateway, schedule: dict[str, Any], ago: str = "1 minute") -> None:
    """Its slot has come, so long ago; the rule names every minute."""
    gateway.query(
        "UPDATE schedules SET rule = 'FREQ=MINUTELY', next_at = date_trunc('minute', now()) - CAST(%(ago)s AS interval),"
        " starts_at = now() - interval '40 days' WHERE id = %(id)s",
        id=schedule["id"],
        ago=ago,
    )


def occurrences(gateway: Gateway, schedule: dict[str, Any]) -> list[dict[str, Any]]:
    answer: dict[str, Any] = gateway.http.get(f"/api/schedules/{schedule['id']}").json()
    found: list[dict[str, Any]] = answer["occurrences"]
    return found


def last_event(gateway: Gateway) -> dict[str, Any]:
    return gateway.query("SELECT type, data FROM task_events ORDER BY seq DESC LIMIT 1")[0]


def test_a_schedule_is_stored_shown_and_listed_with_its_next_time(here: Gateway):
    schedule = made(here, task=comment(here.settings) | {"priority": 2}, ends_at="2099-01-01T00:00:00Z")
    assert (schedule["task"]["account"], schedule["task"]["lane"]) == ("demo", "chromium.local.instagram")
    assert schedule["next_at"][11:] in {"08:00:00Z", "07:00:00Z"}  # nine in Berlin, in winter and in summer
    assert here.http.get(f"/api/schedules/{schedule['id']}").json() == schedule
    assert here.http.get("/api/schedules?limit=1").json()["items"] == [schedule]
    assert last_event(here)["type"] == "schedule.created"


def test_the_seconds_of_a_start_count_and_from_now_on_is_on_the_minute(here: Gateway):
    named = made(here, rule="FREQ=DAILY;BYHOUR=9", starts_at="2090-01-01T08:00:30.123Z")
    assert (named["starts_at"], named["next_at"]) == ("2090-01-01T08:00:30Z", "2090-01-01T08:00:30Z")
    from_now = made(here, rule="FREQ=HOURLY")
    assert (from_now["starts_at"][17:], from_now["next_at"]) == ("00Z", from_now["starts_at"])


def test_the_end_of_a_rule_is_the_end_of_its_schedule_until_the_rule_is_another(here: Gateway):
    rule, starts_at = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "2090-01-01T00:00:00Z"
    counted = made(here, rule=f"{rule};COUNT=3", starts_at=starts_at)
    assert counted["ends_at"] == "2090-01-03T08:00:00Z"
    assert made(here, rule=f"{rule};UNTIL=20900102", starts_at=starts_at)["ends_at"] == "2090-01-02T22:59:59Z"
    earlier = made(here, rule=f"{rule};COUNT=9", starts_at=starts_at, ends_at="2090-01-02T00:00:00Z")
    assert earlier["ends_at"] == "2090-01-02T00:00:00Z"

    def changed(schedule: dict[str, Any], **changes: Any) -> str | None:
        answer = here.http.patch(f"/api/schedules/{schedule['id']}", json=changes)
        assert answer.status_code == 200, answer.text
        ends_at: str | None = answer.json()["ends_at"]
        return ends_at

    assert changed(counted, rule=f"{rule};COUNT=2") == "2090-01-02T08:00:00Z"
    assert changed(counted, rule=rule) is None
    assert changed(earlier, rule=rule) == "2090-01-02T00:00:00Z"
    far = here.post("/api/schedules", DAILY | {"rule": "FREQ=YEARLY;COUNT=9999"})
    assert (far.status_code, far.json()["code"]) == (409, "count_too_far")


def test_what_a_calendar_leaves_out_has_no_slot(here: Gateway):
    starts_at = "2090-01-01T00:00:00Z"
    left_out = ["20900101", "20900102T090000", "2090-01-03T08:00:00Z", "2090-01-04T09:00:00+01:00"]
    schedule = made(here, starts_at=starts_at, exdates=left_out)
    assert schedule["next_at"] == "2090-01-05T08:00:00Z"
    stored = ["2090-01-01", "2090-01-02T09:00:00", "2090-01-03T08:00:00Z", "2090-01-04T08:00:00Z"]
    assert schedule["exdates"] == stored

    changed = here.http.patch(f"/api/schedules/{schedule['id']}", json={"exdates": left_out[:1]}).json()
    assert changed["next_at"] == "2090-01-02T08:00:00Z"
    refused = here.post("/api/schedules", DAILY | {"exdates": ["Christmas"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "exdates[0]")


def test_a_schedule_that_is_paused_has_no_slot_until_it_goes_on_and_makes_nothing_up(here: Gateway):
    schedule = made(here)
    address = f"/api/schedules/{schedule['id']}"
    due(here, schedule)
    look(here)
    paused = here.http.patch(address, json={"paused": True}).json()
    assert (paused["paused"], paused["next_at"]) == (True, None)
    assert [one["status"] for one in occurrences(here, schedule)] == ["pending"]  # what waits already goes on

    changed = here.http.patch(address, json={"zone": "UTC"}).json()
    assert (changed["paused"], changed["next_at"]) == (True, None)
    look(here)
    assert len(occurrences(here, schedule)) == 1

    on = here.http.patch(address, json={"paused": False}).json()
    assert (on["paused"], datetime.fromisoformat(on["next_at"]) > datetime.now(UTC)) == (False, True)


def test_the_same_key_makes_one_schedule(here: Gateway):
    answers = [here.post("/api/schedules", DAILY, Idempotency_Key="once") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(here.http.get("/api/schedules").json()["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"rule": "FREQ=SECONDLY"}, 422, "rule"),
        ({"rule": "every day"}, 422, "rule"),
        ({"rule": 7}, 422, "rule"),
        ({"rule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, 409, "rule"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, 409, "rule"),
        ({"zone": "Mars/Olympus"}, 404, "zone"),
        ({"zone": "EST5EDT"}, 404, "zone"),
        ({"zone": "Etc/GMT+5"}, 404, "zone"),
        ({"zone": "europe/berlin"}, 404, "zone"),
        ({"zone": "../etc/passwd"}, 422, "zone"),
        ({"starts_at": "2030-01-01T00:00:00"}, 422, "starts_at"),
        ({"missed": "later"}, 422, "missed"),
        ({"overlap": "cancel_previous"}, 422, "overlap"),
        ({"colour": "blue"}, 422, "colour"),
        ({"task": PROBE | {"scheduled_for": "2030-01-01T00:00:00Z"}}, 422, "task.scheduled_for"),
        ({"task": PROBE | {"dependencies": []}}, 422, "task.dependencies"),
        ({"task": PROBE | {"payload": {}}}, 422, "task.payload.lane"),
        ({"task": {"type": "nothing"}}, 422, "task.type"),
        ({"task": PROBE | {"payload": {"lane": "nowhere"}}}, 404, "task.payload.lane"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(here: Gateway, changes, status: int, field: str):
    answer = here.post("/api/schedules", DAILY | changes)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field), answer.text
    assert here.http.get("/api/schedules").json()["items"] == []


BLOCK = (
    "DTSTART;TZID=Europe/Berlin:20300107T093000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TH;COU\r\n NT=6\r\n"
    "EXDATE;TZID=Europe/Berlin:20300110T093000,20300114T093000\r\nEXDATE;VALUE=DATE:20300117\r\n"
)
OF_BLOCK = {
    "rule": "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=6",
    "zone": "Europe/Berlin",
    "starts_at": "2030-01-07T08:30:00Z",
    "exdates": ["2030-01-10T09:30:00", "2030-01-14T09:30:00", "2030-01-17"],
}


@pytest.mark.parametrize(
    "text", [BLOCK, BLOCK.replace("\r\n", "\n"), BLOCK.replace("TZID=Europe/Berlin", 'TZID="Europe/Berlin"')]
)
@pytest.mark.parametrize("more", [{}, OF_BLOCK, {"zone": "Europe/Berlin"}, {"starts_at": "2030-01-07T09:30:00+01:00"}])
def test_a_rule_is_taken_as_a_calendar_exports_it(here: Gateway, text: str, more: dict[str, Any]):
    answer = here.post("/api/schedules", {"task": PROBE} | more | {"rule": text})
    assert answer.status_code == 201, answer.text
    assert {name: answer.json()[name] for name in OF_BLOCK} == OF_BLOCK
    assert (answer.json()["next_at"], answer.json()["ends_at"]) == ("2030-01-07T08:30:00Z", "2030-01-24T08:30:00Z")


def test_a_rule_alone_may_be_a_line(here: Gateway):
    assert made(here, rule="RRULE:FREQ=DAILY;BYHOUR=9\r\n")["rule"] == "FREQ=DAILY;BYHOUR=9"


def test_a_schedule_is_changed_to_what_a_calendar_exports(here: Gateway):
    path = f"/api/schedules/{made(here)['id']}"
    assert {name: here.http.patch(path, json={"rule": BLOCK}).json()[name] for name in OF_BLOCK} == OF_BLOCK


def test_what_a_calendar_does_not_name_any_more_is_gone(here: Gateway):
    path = f"/api/schedules/{made(here, exdates=['2030-01-10'], ends_at='2031-01-01T00:00:00Z')['id']}"
    whole = {"rule": "DTSTART;TZID=Europe/Berlin:20300107T093000\nRRULE:FREQ=DAILY"}
    changed = here.http.patch(path, json=whole).json()
    assert (changed["exdates"], changed["ends_at"], changed["starts_at"]) == ([], None, "2030-01-07T08:30:00Z")
    kept = {"rule": "DTSTART;TZID=Europe/Berlin:20300108T093000\nRRULE:FREQ=DAILY", "exdates": ["2030-01-11"]}
    assert here.http.patch(path, json=kept).json()["exdates"] == ["2030-01-11"]
    changed = here.http.patch(path, json={"rule": "FREQ=DAILY;BYHOUR=7"}).json()  # a rule alone is no whole entry
    assert (changed["exdates"], changed["starts_at"]) == (["2030-01-11"], "2030-01-08T08:30:00Z")


@pytest.mark.parametrize("more", [{"starts_at": "2030-01-08T08:30:00Z"}, {"exdates": ["2030-01-10"]}])
def test_a_change_in_which_the_lines_and_a_field_disagree_is_refused_at_the_rule(here: Gateway, more: dict[str, Any]):
    path = f"/api/schedules/{made(here)['id']}"
    refused(here.http.patch(path, json={"rule": BLOCK} | more), 422, "rule")


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (BLOCK + "RDATE:20300201T090000Z", {}, "RDATE is not taken"),
        (BLOCK + "EXRULE:FREQ=DAILY", {}, "EXRULE is not taken"),
        (BLOCK + "RRULE:FREQ=DAILY", {}, "one RRULE; here are 2"),
        ("DTSTART:20300107T093000Z", {}, "one RRULE; here are 0"),
        (BLOCK + "DTSTART:20300107T093000Z", {}, "one DTSTART"),
        (BLOCK + "SUMMARY:Tea", {}, "is not taken: send the lines"),
        (BLOCK + "EXDATE;TZID=Europe/Paris:20300110T093000", {}, "one TZID"),
        (BLOCK.replace("Europe/Berlin", "W. Europe Standard Time"), {}, "There is no time zone"),
        (BLOCK.replace("T093000\r", "T253000\r", 1), {}, "There is no time 20300107T253000"),
        ("DTSTART;VALUE=DATE:20300107\nRRULE:FREQ=DAILY", {}, "DTSTART is a time"),
        ("DTSTART:20300107T093000\nRRULE:FREQ=DAILY", {}, "name it as `zone`"),
        ("DTSTART:20300107T093000Z\nRRULE:FREQ=SECONDLY", {"zone": "UTC"}, "FREQ is one of"),
        (BLOCK, {"zone": "Europe/Paris"}, "`zone` and the lines of the rule disagree"),
        (BLOCK, {"starts_at": "2030-01-08T08:30:00Z"}, "`starts_at` and the lines of the rule disagree"),
        (BLOCK, {"starts_at": None}, "`starts_at` and the lines of the rule disagree"),
        (BLOCK, {"exdates": []}, "`exdates` and the lines of the rule disagree"),
        (BLOCK, {"exdates": ["2030-01-10"]}, "`exdates` and the lines of the rule disagree"),
    ],
)
def test_what_of_a_calendar_cannot_be_taken_is_refused_in_words(here: Gateway, text: str, more: dict[str, Any], said: str):
    answer = here.post("/api/schedules", {"task": PROBE} | more | {"rule": text})
    assert said in refused(answer, 422, "rule")["errors"][0]["message"]
    assert here.http.get("/api/schedules").json()["items"] == []


def test_a_slot_becomes_one_task_however_many_look(here: Gateway):
    schedule = made(here)
    due(here, schedule)
    look(here, leaders=4)
    look(here)
    found = occurrences(here, schedule)
    assert [one["status"] for one in found] == ["pending"]
    assert here.http.get(f"/api/scheduler/task/{found[0]['task_id']}").json()["scheduled_for"] == found[0]["slot"]


def test_a_dispatcher_that_no_longer_leads_makes_nothing(here: Gateway):
    schedule = made(here)
    due(here, schedule)

    async def stale(connection: Any) -> None:
        assert await leases.lock(connection, {"key": "dispatcher", "holder": "other", "token": 1}), "not leading"

    with pytest.raises(AssertionError, match="not leading"):
        look(here, fence=stale)
    assert occurrences(here, schedule) == []


@pytest.mark.parametrize(
    "broken", ["type = 'a type of long ago'", "priority = 9", "rule = 'FREQ=NEVER'", "zone = 'Nowhere/Never'"]
)
def test_a_schedule_that_cannot_be_read_ends_and_says_so_and_stops_nobody_elses(here: Gateway, broken: str):
    bad, good = made(here), made(here)
    due(here, bad, ago="2 minutes")
    due(here, good)
    here.query(f"UPDATE schedules SET {broken} WHERE id = %(id)s", id=bad["id"])
    look(here)
    assert len(occurrences(here, good)) == 1
    (ended,) = here.query("SELECT next_at FROM schedules WHERE id = %(id)s", id=bad["id"])
    assert ended == {"next_at": None}
    why = here.query(
        "SELECT data FROM task_events WHERE data ->> 'schedule' = %(id)s ORDER BY seq DESC LIMIT 1", id=bad["id"]
    )
    assert why[0]["data"]["why"] == "unreadable"


# Lesson of postiz-app#1840: recurring posts caught up in a burst.
@pytest.mark.parametrize(("missed", "tasks"), [("run_once", 1), ("skip", 1)])
def test_after_a_long_pause_there_is_one_task_and_no_burst(here: Gateway, missed: str, tasks: int):
    schedule = made(here, missed=missed)
    due(here, schedule, ago="30 days")
    for _ in range(3):
        look(here)
    assert len(occurrences(here, schedule)) == tasks


def test_a_slot_that_was_missed_by_far_is_skipped_and_says_so(here: Gateway):
    schedule = made(here)
    here.query(
        "UPDATE schedules SET rule = 'FREQ=YEARLY', starts_at = now() - interval '1 year 20 days',"
        " next_at = date_trunc('minute', now()) - interval '20 days'"
    )
    look(here)
    assert occurrences(here, schedule) == []
    assert (last_event(here)["type"], last_event(here)["data"]["why"]) == ("schedule.skipped", "missed")


@pytest.mark.parametrize(
    ("overlap", "state", "tasks"),
    [
        ("skip", "running", 1),
        ("queue", "running", 2),
        ("queue", "pending", 1),
        ("skip", "unknown", 1),
        ("skip", "completed", 2),
    ],
)
def test_what_comes_while_an_earlier_occurrence_is_not_finished(here: Gateway, overlap: str, state: str, tasks: int):
    schedule = made(here, overlap=overlap)
    due(here, schedule, ago="2 minutes")
    look(here)
    first = occurrences(here, schedule)[0]["task_id"]
    for step in ("queued", "running", state)[: 0 if state == "pending" else 3]:
        here.query("UPDATE tasks SET status = %(s)s, released_at = now() WHERE id = %(id)s", s=step, id=first)
    here.query("UPDATE tasks SET schedule_slot = schedule_slot - interval '1 hour' WHERE id = %(id)s", id=first)
    due(here, schedule, ago="0 minutes")
    look(here)
    found = occurrences(here, schedule)
    assert len(found) == tasks
    if overlap == "queue" and tasks == 2:
        waiting = here.http.get(f"/api/scheduler/task/{found[0]['task_id']}").json()
        assert waiting["waiting_for"][0]["gate"] == "dependencies"
        here.query("UPDATE tasks SET status = 'failed' WHERE id = %(id)s", id=first)
        waiting = here.http.get(f"/api/scheduler/task/{found[0]['task_id']}").json()
        assert [gate["gate"] for gate in waiting["waiting_for"]] == ["lane"]


# Lesson of postiz-app#1213: a deleted or rescheduled post still went out at the old time.
@pytest.mark.parametrize("state", ["pending", "queued", "scheduled"])
def test_a_deleted_schedule_leaves_nothing_that_still_goes_out(here: Gateway, state: str):
    schedule = made(here)
    due(here, schedule)
    look(here)
    task = occurrences(here, schedule)[0]["task_id"]
    here.query(
        "UPDATE tasks SET status = %(s)s, released_at = now(), not_before = now() WHERE id = %(id)s", s=state, id=task
    )
    due(here, schedule, ago="0 minutes")
    assert here.http.delete(f"/api/schedules/{schedule['id']}").json() == {"id": schedule["id"], "cancelled": 1}
    look(here)
    left = here.http.get(f"/api/scheduler/task/{task}").json()
    assert (left["status"], left["error"]["code"]) == ("cancelled", "schedule_changed")
    assert here.http.get(f"/api/schedules/{schedule['id']}").status_code == 404
    assert here.query("SELECT count(*) AS n FROM tasks WHERE schedule_id = %(id)s", id=schedule["id"]) == [{"n": 1}]
    assert last_event(here)["type"] in {"schedule.deleted", "task.cancelled"}


def test_a_changed_time_or_task_cancels_what_waits_and_counts_from_now(here: Gateway):
    schedule = made(here)
    path = f"/api/schedules/{schedule['id']}"
    due(here, schedule)
    look(here)
    kept = here.http.patch(path, json={"overlap": "queue"}).json()
    assert (kept["occurrences"][0]["status"], kept["overlap"]) == ("pending", "queue")
    changed = here.http.patch(path, json={"rule": "FREQ=DAILY;BYHOUR=7;BYMINUTE=5", "zone": "Asia/Tokyo"}).json()
    assert changed["occurrences"][0]["status"] == "cancelled"
    assert changed["next_at"].endswith("T22:05:00Z")
    task = comment(here.settings, text="Other words.")
    changed = here.http.patch(path, json={"task": task, "ends_at": "2099-01-01T00:00:00Z"}).json()
    assert (changed["task"]["payload"]["text"], changed["task"]["account"]) == ("Other words.", "demo")
    assert here.http.patch(path, json={"ends_at": "2020-01-01T00:00:00Z"}).status_code == 409
    assert here.http.patch(path, json={"ends_at": None}).json()["ends_at"] is None
    nobody = here.http.patch(path, json={"task": task | {"account": "nobody"}})
    nowhere = here.http.patch(path, json={"zone": "Mars/Olympus"})
    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in (nobody, nowhere)] == [
        (409, "task.account"),
        (409, "zone"),
    ]


def test_what_runs_when_a_schedule_is_deleted_goes_on_to_its_end(here: Gateway):
    schedule = made(here)
    due(here, schedule)
    look(here)
    for state in ("queued", "running"):
        here.query(
            "UPDATE tasks SET status = %(s)s, released_at = now() WHERE schedule_id = %(i)s", s=state, i=schedule["id"]
        )
    assert here.http.delete(f"/api/schedules/{schedule['id']}").json()["cancelled"] == 0
    assert here.query("SELECT status FROM tasks WHERE schedule_id = %(i)s", i=schedule["id"]) == [{"status": "running"}]
