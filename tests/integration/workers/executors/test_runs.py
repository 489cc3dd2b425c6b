"""Does a run search, choose, comment and report, each once, and does a window hold the messages that wait?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract.reading import PostReading, PostsReading, Search
from shared.errors import Transient
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway
from tests.support.worker import work_on, worker
from workers.attempts import outward_step, readings
from workers.attempts.process import WorkerProcess

WORDS = [f"Words number {number}." for number in range(20)]


class Site:
    """A platform whose search finds `posts`, or raises `broken`; and what it was asked."""

    def __init__(self) -> None:
        self.posts: list[PostReading] = []
        self.broken: Exception | None = None
        self.asked: list[Search] = []

    async def ask(self, session: object, question: Search) -> PostsReading:
        self.asked.append(question)
        if self.broken is not None:
            raise self.broken
        return PostsReading(tuple(self.posts), complete=True)


class Field:
    """A gateway and a worker, and a platform on which nothing really happens."""

    def __init__(self, gateway: Gateway, process: WorkerProcess, site: Site, action: Calling) -> None:
        self.gateway, self.process, self.site, self.action = gateway, process, site, action

    def post(self, number: int, **more: Any) -> PostReading:
        url = f"http://127.0.0.1:{self.gateway.settings.sandbox_port}/instagram/p/C{number:09}/"
        plain = {"url": url, "author": f"person{number}", "text": "A bowl.", "likes": 7, "language": "en"}
        return PostReading(**(plain | {"at": datetime.now(UTC)} | more))

    def order(self, **payload: Any) -> dict[str, Any]:
        body = {"query": "#ceramics", "count": 2, "texts": WORDS} | payload
        return {"type": "comment_run", "platform": "instagram", "account": "demo", "payload": body}

    def work(self, task: str) -> str:
        return work_on(self.gateway, self.process, task)

    def task(self, task: str) -> dict[str, Any]:
        found: dict[str, Any] = self.gateway.http.get(f"/api/scheduler/task/{task}").json()
        return found

    def run(self, task: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.gateway.http.get(f"/api/runs/{task['run_id']}").json()
        return found

    def parts(self, task: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        return self.gateway.query(
            "SELECT id::text, status, lane, not_before, payload, approval_required FROM tasks"
            " WHERE run_id = %(run)s AND type = %(kind)s ORDER BY id",
            run=task["run_id"],
            kind=kind,
        )

    def searched(self, **payload: Any) -> dict[str, Any]:
        """A run whose search is over."""
        run = self.gateway.submit(self.order(**payload))
        assert self.work(run["id"]) == "pending"
        [search] = self.parts(run, "discovery")
        assert self.work(search["id"]) == "completed"
        return run


@pytest.fixture
def field(gateway: Gateway, monkeypatch) -> Iterator[Field]:
    site, action = Site(), Calling()
    monkeypatch.setattr(readings, "load_asking", lambda *_: site)
    monkeypatch.setattr(outward_step, "load_action", lambda *_: action)
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    with worker(gateway) as process:
        process.sessions = {"chromium": Warm()}
        yield Field(gateway, process, site, action)


def test_a_run_searches_chooses_comments_and_reports(field: Field):
    field.site.posts = [field.post(1, author="demo"), *(field.post(number) for number in range(2, 7))]
    run = field.gateway.submit(field.order())
    assert (field.run(run)["kind"], field.run(run)["name"], field.run(run)["status"]) == (
        "comment_run",
        "#ceramics",
        "waiting",
    )

    assert field.work(run["id"]) == "pending"
    [search] = field.parts(run, "discovery")
    assert search["lane"].startswith("chromium.")
    assert field.task(run["id"])["waiting_for"][0]["gate"] == "dependencies"
    assert field.work(search["id"]) == "completed"
    assert field.site.asked == [Search("#ceramics", 20)]

    assert field.work(run["id"]) == "pending"
    comments = field.parts(run, "comment")
    assert [one["payload"]["text"] for one in comments] == WORDS[:2]
    said = {"found": 6, "complete": True, "skipped": {"own": 1, "enough": 3}, "message": ""}
    assert field.run(run)["report"] == said
    assert [field.work(one["id"]) for one in comments] == ["completed", "completed"]

    assert field.work(run["id"]) == "completed"
    report = field.task(run["id"])["result"]
    assert (report["found"], report["skipped"], len(report["comments"])) == (6, {"own": 1, "enough": 3}, 2)
    assert {one["external_url"] for one in report["comments"]} == {"https://example.test/m"}
    assert (field.action.calls, field.run(run)["status"]) == (2, "completed")


@pytest.mark.parametrize(
    ("own", "said"),
    [(0, "The search found nothing."), (2, "The search found 2 posts, and none of them was fit: 2 own.")],
)
def test_a_run_that_has_nothing_to_comment_on_says_so(field: Field, own: int, said: str):
    field.site.posts = [field.post(number, author="demo") for number in range(own)]
    run = field.searched()

    assert field.work(run["id"]) == "completed"
    assert field.task(run["id"])["result"]["message"] == said
    assert (field.run(run)["status"], field.run(run)["report"]["message"]) == ("completed", said)


def test_a_run_that_is_worked_on_again_and_again_makes_each_of_its_tasks_once(field: Field):
    field.site.posts = [field.post(number) for number in range(5)]
    run = field.gateway.submit(field.order())
    for _ in range(3):
        assert field.work(run["id"]) == "pending"
    [search] = field.parts(run, "discovery")
    field.work(search["id"])
    for _ in range(3):
        assert field.work(run["id"]) == "pending"

    assert len(field.parts(run, "comment")) == 2


def test_a_post_that_was_commented_on_is_left_out_by_the_next_run_also_when_it_is_archived(field: Field):
    field.site.posts = [field.post(number) for number in range(4)]
    first = field.searched()
    field.work(first["id"])
    done, open_one = field.parts(first, "comment")
    field.work(done["id"])
    task = field.gateway.query("SELECT to_jsonb(t) AS task FROM tasks t WHERE id = %(id)s", id=done["id"])[0]["task"]
    for table in (
        "task_dependencies WHERE depends_on_id",
        "effects WHERE task_id",
        "attempts WHERE task_id",
        "tasks WHERE id",
    ):
        field.gateway.query(f"DELETE FROM {table} = %(id)s", id=done["id"])
    field.gateway.query(
        "INSERT INTO archived_tasks (id, workspace_id, finished_at, run_id, document) SELECT x.id, x.workspace_id, now(),"
        " x.run_id, jsonb_build_object('task', to_jsonb(x)) FROM jsonb_populate_record(NULL::tasks, %(task)s::jsonb) x",
        task=json.dumps(task),
    )

    second = field.searched(count=10)
    field.work(second["id"])

    taken = {one["payload"]["post_url"] for one in field.parts(second, "comment")}
    assert field.run(second)["report"]["skipped"] == {"already_commented": 2}
    assert not taken & {done["payload"]["post_url"], open_one["payload"]["post_url"]}
    assert len(taken) == 2


def test_whoever_is_to_be_left_alone_gets_no_comment(field: Field):
    field.gateway.post("/api/do-not-contact", {"name": "@person1"}).raise_for_status()
    field.site.posts = [field.post(1), field.post(2)]
    run = field.searched()
    field.work(run["id"])

    assert [one["payload"]["post_url"] for one in field.parts(run, "comment")] == [field.post(2).url]
    assert field.run(run)["report"]["skipped"] == {"do_not_contact": 1}


def test_a_run_that_finds_nothing_says_so_and_is_done(field: Field):
    run = field.searched()

    assert field.work(run["id"]) == "completed"
    report = field.task(run["id"])["result"]
    assert (report["found"], report["comments"], field.run(run)["status"]) == (0, [], "completed")


def test_a_run_whose_search_fails_fails_and_searches_again_when_it_is_tried_again(field: Field):
    field.site.posts = [field.post(1)]
    run = field.gateway.submit(field.order())
    field.work(run["id"])
    [search] = field.parts(run, "discovery")
    field.site.broken = Transient(code="unreachable", message="Nobody answers.")
    field.gateway.query("UPDATE tasks SET max_retries = 0 WHERE id = %(id)s", id=search["id"])
    assert field.work(search["id"]) == "failed"
    assert field.work(run["id"]) == "failed"
    assert "Nobody answers" in field.task(run["id"])["error"]["message"]

    field.site.broken = None
    field.gateway.post(f"/api/scheduler/task/{run['id']}/retry").raise_for_status()
    assert field.work(run["id"]) == "pending"
    assert field.work(search["id"]) == "completed"
    assert field.work(run["id"]) == "pending"
    [comment] = field.parts(run, "comment")
    assert field.work(comment["id"]) == "completed"
    assert field.work(run["id"]) == "completed"


def test_a_cancelled_run_comments_on_nothing_more(field: Field):
    field.site.posts = [field.post(1), field.post(2)]
    run = field.searched()
    field.work(run["id"])
    first, second = field.parts(run, "comment")
    field.work(first["id"])

    field.gateway.post(f"/api/runs/{run['run_id']}/cancel").raise_for_status()

    assert (field.task(second["id"])["status"], field.task(run["id"])["status"]) == ("cancelled", "cancelled")
    assert field.action.calls == 1


def test_what_ai_wrote_waits_for_somebody_comment_by_comment(field: Field):
    field.site.posts = [field.post(1), field.post(2)]
    run = field.gateway.submit(field.order() | {"author": "ai"})
    assert run["status"] == "pending"  # searching is nothing outward
    field.work(run["id"])
    field.work(field.parts(run, "discovery")[0]["id"])
    field.work(run["id"])

    assert {one["status"] for one in field.parts(run, "comment")} == {"awaiting_approval"}


def test_comments_are_planned_apart(field: Field):
    field.site.posts = [field.post(number) for number in range(3)]
    run = field.searched(count=3, spacing_s=[60.0, 120.0])
    field.work(run["id"])

    first, second, third = field.parts(run, "comment")
    assert first["not_before"] is None
    assert timedelta(seconds=60) <= third["not_before"] - second["not_before"] <= timedelta(seconds=120)
    assert {second["status"], third["status"]} == {"scheduled"}


@pytest.mark.parametrize(
    ("change", "code"),
    [({"platform": "sora"}, "unsupported"), ({"platform": "threads"}, "not_found"), ({"account": "nobody"}, "not_found")],
)
def test_a_run_is_refused_where_it_cannot_be(field: Field, change: dict, code: str):
    answer = field.gateway.post("/api/scheduler/task", field.order() | change)

    assert answer.json()["code"] == code
    assert field.gateway.query("SELECT count(*) AS n FROM runs") == [{"n": 0}]


def test_a_recurring_run_is_a_run_of_its_own_each_time(field: Field):
    from tests.integration.api.test_schedules import due, look

    body = {"task": field.order(), "rule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "zone": "Europe/Berlin"}
    schedule = field.gateway.post("/api/schedules", body).json()
    due(field.gateway, schedule)
    look(field.gateway)

    [run] = field.gateway.http.get("/api/runs").json()["items"]
    assert (run["kind"], run["status"], len(run["task_ids"])) == ("comment_run", "waiting", 1)


def window(field: Field, **hours: Any) -> dict[str, Any]:
    """A window whose hours are open never today but at once tomorrow, unless told otherwise."""
    now = datetime.now(UTC)
    shut = {"from": f"{now - timedelta(hours=2):%H:%M}", "to": f"{now - timedelta(hours=1):%H:%M}", "zone": "UTC"}
    order = {"type": "message_window", "platform": "instagram", "account": "demo"}
    made = field.gateway.submit(order | {"payload": {"hours": shut | hours}})
    assert field.work(made["id"]) == "completed"
    return made


def message(field: Field, **more: Any) -> dict[str, Any]:
    answer = field.gateway.post(
        "/api/dm/instagram/messages", {"account": "demo", "to": "maple_studio", "text": "Thank you."} | more
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def gate(field: Field, task: str, name: str) -> dict[str, Any]:
    gates = field.gateway.http.get(f"/api/scheduler/task/{task}/explain").json()["gates"]
    return next(one for one in gates if one["gate"] == name)


def test_waiting_messages_go_out_in_the_windows_hours_and_say_so(field: Field):
    mine, own_hours = message(field), message(field, hours={"from": "00:00", "to": "00:00"})

    made = window(field)

    assert field.task(made["id"])["result"]["messages"] == 1
    assert (field.task(mine["id"])["run_id"], field.task(own_hours["id"])["run_id"]) == (made["run_id"], None)
    closed = gate(field, mine["id"], "quiet_hours")
    opens = datetime.fromisoformat(closed["until"])
    assert not closed["open"]
    assert closed["reason"].startswith("its hours are ")
    assert opens - datetime.now(UTC) > timedelta(hours=21)
    assert gate(field, own_hours["id"], "quiet_hours")["open"]
    assert (field.run(made)["kind"], field.run(made)["counts"]["pending"]) == ("message_window", 1)


def test_a_message_outside_its_hours_is_not_sent_even_if_it_was_released(field: Field):
    mine = message(field)
    window(field)

    assert field.work(mine["id"]) == "scheduled"
    held = field.task(mine["id"])
    assert (field.action.calls, held["retry_count"], held["error"]["code"]) == (0, 0, "gate_closed")


def test_a_window_takes_what_has_come_since_the_last_one(field: Field):
    message(field)
    window(field)
    late = message(field)
    second = window(field)

    assert field.task(late["id"])["run_id"] == second["run_id"]
    assert field.task(second["id"])["result"]["messages"] == 1


def test_hours_can_be_changed_and_taken_away(field: Field):
    shut = {"from": "03:00", "to": "03:01", "zone": "Asia/Tokyo", "days": ["mo"]}
    mine = message(field, hours=shut)
    assert mine["hours"] == shut
    field.gateway.query(
        "UPDATE tasks SET status = 'scheduled', not_before = now() + interval '3 days' WHERE id = %(id)s", id=mine["id"]
    )

    answer = field.gateway.http.patch(f"/api/scheduler/task/{mine['id']}", json={"hours": None})

    assert answer.json()["hours"] is None
    assert datetime.fromisoformat(answer.json()["not_before"]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    "hours",
    [
        {"from": "25:00", "to": "09:00"},
        {"from": "09:00"},
        {"from": "09:00", "to": "17:00", "days": []},
        {"from": "09:00", "to": "17:00", "days": ["someday"]},
        {"from": "09:00", "to": "17:00", "zone": "Mars/Olympus"},
    ],
)
def test_hours_that_are_none_are_refused(field: Field, hours: dict[str, Any]):
    body = {"account": "demo", "to": "maple_studio", "text": "Thank you.", "hours": hours}

    assert field.gateway.post("/api/dm/instagram/messages", body).status_code in {404, 422}
    window = {"type": "message_window", "platform": "instagram", "account": "demo", "payload": {"hours": hours}}
    assert field.gateway.post("/api/scheduler/task", window).status_code in {404, 422}
