"""Is the forecast what people see over HTTP and on the command line, and is it kept to?"""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from cli.client import Client
from cli.main import build
from shared.db.session import connect
from shared.tasks.write_forecasts import write_forecasts
from tests.support.gateway import PROBE, Gateway, comment, new_workspace
from tests.support.stack import wait_for
from tests.support.worker import work_on, worker


@pytest.fixture
def served(gateway: Gateway) -> Gateway:
    """Both lanes have a worker."""
    for lane in ("system", "chromium.local.instagram"):
        gateway.query("INSERT INTO lanes (name, concurrency) VALUES (%(lane)s, 1)", lane=lane)
    gateway.query(
        "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
        " VALUES ('w', 'p', 'h', 1, '1', '{system,chromium.local.instagram}', 1, now() + interval '1 hour')"
    )
    gateway.query("UPDATE hosts SET keeper_seen_at = now()")
    (gateway.settings.home / "credentials.json").write_text(json.dumps({"url": gateway.url, "api_key": gateway.api_key}))
    return gateway


def plan(gateway: Gateway, hours: int = 24) -> list[dict]:
    return gateway.http.get("/api/scheduler/plan", params={"hours": hours}).json()["items"]


def test_a_plan_has_every_waiting_task_with_its_start_or_the_reason(served: Gateway):
    scope = {"scope": "account:instagram/demo"}
    limits = {"rules": [{"action": "comment", "window_s": 3600, "max": 2}]}
    assert served.http.put("/api/limits", params=scope, json=limits).status_code == 200
    tasks = [served.submit(comment(served.settings, text=f"Number {n}.")) for n in range(5)]
    lost = served.submit({"type": "probe", "payload": {"lane": "media"}})
    planned = {item["task_id"]: item for item in plan(served)}
    starts = [planned[task["id"]]["expected_start"] for task in tasks]
    assert starts == sorted(starts)
    hours = [int(start[11:13]) for start in starts]
    assert (hours[2] - hours[0]) % 24 >= 1
    assert (hours[4] - hours[2]) % 24 >= 1
    assert (planned[lost["id"]]["expected_start"], planned[lost["id"]]["reason"]) == (None, "no worker for media")
    explained = served.http.get(f"/api/scheduler/task/{tasks[4]['id']}/explain").json()["expected_start"]
    assert explained[:13] == starts[4][:13]


def test_what_a_limit_of_nothing_holds_never_starts_by_itself_and_says_why(served: Gateway, monkeypatch):
    limits = {"rules": [{"action": "comment", "window_s": 3600, "max": 0}]}
    served.http.put("/api/limits", params={"scope": "workspace"}, json=limits)
    task = served.submit(comment(served.settings))
    said = "a limit of 0 lets no comment actions through until somebody changes it"

    explained = served.http.get(f"/api/scheduler/task/{task['id']}/explain").json()
    assert (explained["expected_start"], explained["reason"]) == (None, said)
    assert [(one["expected_start"], one["reason"]) for one in plan(served)] == [(None, said)]
    monkeypatch.setenv("CALLSHEET_HOME", str(served.settings.home))
    printed = CliRunner().invoke(build("task"), ["task", "explain", task["id"]]).output
    assert f"Expected start: not known: {said}." in printed
    assert "9999" not in printed


def test_what_stands_behind_a_dependent_at_the_head_of_its_line_has_a_start(served: Gateway):
    far = served.submit(scheduled_for="2099-01-01T00:00:00Z")
    head = served.submit(dependencies=[far["id"]], priority=1)
    behind = served.submit(priority=5)

    planned = {item["task_id"]: item for item in plan(served)}

    assert planned[head["id"]]["reason"] == f"waits for task {far['id']}, which is scheduled"
    assert planned[behind["id"]]["expected_start"] is not None


def test_another_workspaces_tasks_are_in_nobodys_plan(served: Gateway):
    theirs = served.with_key(new_workspace(served.settings, "theirs", ("read", "submit")))
    theirs.post("/api/scheduler/task", json=PROBE)
    assert plan(served) == []


@pytest.mark.parametrize("hours", ["0", "169", "x", "-1"])
def test_the_horizon_has_bounds(module_gateway: Gateway, hours: str):
    assert module_gateway.http.get("/api/scheduler/plan", params={"hours": hours}).status_code == 422


def test_the_command_line_draws_a_timeline_and_hands_work_over(served: Gateway, monkeypatch):
    monkeypatch.setenv("CALLSHEET_HOME", str(served.settings.home))

    def run(*words: str) -> str:
        done = CliRunner().invoke(build(words[0]), words)
        assert done.exit_code == 0, done.output
        return done.output

    url = comment(served.settings)["payload"]["post_url"]
    said = run("comment", url, "Such a light.", "--platform", "instagram", "--account", "demo")
    assert "is pending." in said
    assert "is scheduled." in run(
        *("dm", "maple_studio", "Hello.", "--platform", "instagram", "--account", "demo", "--at", "2099-01-01T00:00:00Z")
    )
    drawn = run("plan", "--hours", "24")
    assert "chromium.local.instagram  1" in drawn
    assert "+24 h" in drawn
    assert "platform:instagram is paused." in run("pause", "platform:instagram")
    assert "paused by" in run("plan")
    assert "platform:instagram is running." in run("resume", "platform:instagram")


def test_an_explanation_on_the_command_line_takes_one_request(served: Gateway, monkeypatch):
    task = served.submit({"type": "probe", "payload": {"lane": "media"}})
    monkeypatch.setenv("CALLSHEET_HOME", str(served.settings.home))
    asked: list[str] = []
    real = Client.get
    monkeypatch.setattr(Client, "get", lambda self, path, **query: [asked.append(path), real(self, path, **query)][1])

    said = CliRunner().invoke(build("task"), ["task", "explain", task["id"]])

    assert "Expected start: not known" in said.output
    assert asked == [f"/api/scheduler/task/{task['id']}/explain"]


def handed_over(served: Gateway, *words: str, typed: str = "") -> tuple[str, str | None]:
    """What the command says of a comment, and for when the task is, if there is one."""
    served.query("DELETE FROM tasks")
    post = comment(served.settings)["payload"]["post_url"]
    order = ("comment", post, "Such a light.", "--platform", "instagram", "--account", "demo", *words)
    done = CliRunner(env={"CALLSHEET_HOME": str(served.settings.home)}).invoke(build("comment"), order, input=typed)
    stored = served.http.get("/api/scheduler/queue").json()["items"]
    return done.output, stored[0]["scheduled_for"] if stored else "none stored"


def test_the_command_line_takes_a_time_by_the_zones_clock(served: Gateway):
    _, at = handed_over(served, "--at", "2098-12-01T09:00", "--zone", "Europe/Berlin")
    assert at == "2098-12-01T08:00:00Z"
    _, at = handed_over(served, "--at", "in 2 h")
    assert timedelta(minutes=110) < datetime.fromisoformat(at or "") - datetime.now(UTC) < timedelta(minutes=121)


@pytest.mark.parametrize(
    ("words", "typed", "asked", "stored"),
    [((), "y\n", 1, None), ((), "n\n", 1, "none stored"), ((), "", 1, "none stored"), (("--now",), "", 0, None)],
)
def test_the_command_line_asks_whether_what_is_over_starts_now(served: Gateway, words, typed, asked: int, stored):
    said, at = handed_over(served, "--at", "2020-05-01T09:00:00+02:00", *words, typed=typed)
    assert (said.count("is over. Shall it start now?"), at) == (asked, stored)


def foresee(gateway: Gateway) -> tuple[int, int]:
    """One run of the job, as a worker does it."""

    async def run() -> tuple[int, int]:
        engine = connect(gateway.settings, "worker")
        try:
            return await write_forecasts(engine=engine)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def test_a_forecast_is_checked_against_what_then_happens(served: Gateway):
    soon = datetime.now(UTC) + timedelta(seconds=1)
    kept, moved = (served.submit(scheduled_for=soon.isoformat()) for _ in range(2))
    assert foresee(served) == (2, 2)
    assert foresee(served) == (2, 0)  # the first word counts
    served.http.patch(f"/api/scheduler/task/{moved['id']}", json={"scheduled_for": None})
    wait_for("both are due", lambda: datetime.now(UTC) > soon)
    served.query("UPDATE tasks SET status = 'pending' WHERE status = 'scheduled'")
    with worker(served) as process:
        assert {work_on(served, process, task["id"]) for task in (kept, moved)} == {"completed"}
    said = served.http.get("/metrics").text
    assert "callsheet_forecasts_checked 1.0" in said
    off = re.search(r'forecast_error_seconds{quantile="0.9"} (\S+)', said)
    assert off is not None
    late = served.query("SELECT extract(epoch FROM started_at)::float AS at FROM tasks WHERE id = %(id)s", id=kept["id"])
    assert float(off[1]) == pytest.approx(late[0]["at"] - soon.timestamp(), abs=0.001)
