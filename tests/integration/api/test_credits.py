"""Are credits shown as what is known of them, and does what needs them wait and say so?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import build
from shared.credits.stories import STORIES
from tests.support.gateway import PROBE, Gateway, comment, new_workspace
from tests.support.spending import forget, seen

VIDEO = {"type": "video", "platform": "sora", "account": "demo", "payload": {"prompt": "A lighthouse at dawn."}}
TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def here(module_gateway: Gateway) -> Iterator[Gateway]:
    yield module_gateway
    forget(module_gateway.query)


def waiting(gateway: Gateway, task: str) -> dict[str, Any] | None:
    """What a task says about credits."""
    gates = gateway.http.get(f"/api/scheduler/task/{task}").json()["waiting_for"]
    return next((gate for gate in gates if gate["gate"] == "credits"), None)


def trilogy(gateway: Gateway, **changes: Any) -> dict[str, Any]:
    answer = gateway.post("/api/sora/queue-trilogy", {"trilogy": "first_contact", "account": "demo"} | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("path", ["/api/sora/credits", "/api/resources/sora"])
def test_what_nobody_has_read_is_unknown_and_not_zero(here: Gateway, path: str):
    found = here.http.get(path).json()

    assert found["account"] == "demo"
    assert found["known"] is False
    assert {found[name] for name in ("free", "paid", "total", "available", "checked_at", "refresh_interval_hours")} == {None}


def test_what_was_read_is_shown_with_its_refresh(here: Gateway):
    seen(here.query, 26, refreshes_at=TOMORROW)
    found = here.http.get("/api/sora/credits").json()
    assert (found["known"], found["free"], found["paid"], found["total"], found["available"]) == (True, 26, 0, 26, 26)
    assert datetime.fromisoformat(found["refreshes_at"]) == TOMORROW
    assert found["refresh_interval_hours"] is None

    seen(here.query, None)
    assert here.http.get("/api/sora/credits").json()["known"] is False


def test_the_refresh_is_estimated_from_those_before_it(here: Gateway):
    for days in (3, 2, 1):
        seen(here.query, 30, refreshed=True, checked_at=TOMORROW - timedelta(days=days + 1, hours=-1))

    found = here.http.get("/api/sora/credits").json()

    assert found["refresh_interval_hours"] == 24
    assert datetime.fromisoformat(found["refreshes_at"]) == TOMORROW - timedelta(days=1) + timedelta(hours=1)


def test_a_check_is_one_task_however_often_it_is_asked_for(here: Gateway):
    first, second = (here.post("/api/sora/credits/check") for _ in range(2))

    assert first.status_code == 201
    assert (first.json()["type"], first.json()["lane"]) == ("credits_check", f"chromium.{here.settings.host_name}.sora")
    assert second.json()["id"] == first.json()["id"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/sora/credits"), ("POST", "/api/sora/credits/check")])
def test_an_account_that_is_not_there_is_not_found(here: Gateway, method: str, path: str):
    assert here.http.request(method, path, params={"account": "nobody"}).status_code == 404
    with here.with_key(new_workspace(here.settings, "elsewhere", ("read", "submit"))) as stranger:
        assert stranger.request(method, path).status_code == 404
        assert stranger.request(method, path, params={"account": "demo"}).status_code == 404


def test_a_trilogy_is_three_parts_in_order_that_wait_for_credits_together(here: Gateway):
    run = trilogy(here)
    setup, conflict, resolution = (here.http.get(f"/api/scheduler/task/{task}").json() for task in run["task_ids"])

    assert [task["payload"]["prompt"] for task in (setup, conflict, resolution)] == list(STORIES["first_contact"])
    assert (setup["dependencies"], conflict["dependencies"]) == ([], [setup["id"]])
    assert resolution["dependencies"] == [conflict["id"]]
    assert {task["priority"] for task in (setup, conflict, resolution)} == {2}
    assert waiting(here, setup["id"])["reason"] == "credits are unknown: nobody has looked yet"
    seen(here.query, 2, refreshes_at=TOMORROW)
    closed = waiting(here, setup["id"])
    assert closed["reason"] == f"needs 3 credits, has 2, refreshes {TOMORROW:%Y-%m-%d %H:%M} UTC"
    assert datetime.fromisoformat(closed["until"]) == TOMORROW
    seen(here.query, 3)
    assert waiting(here, setup["id"]) is None
    seen(here.query, None)
    assert waiting(here, setup["id"])["reason"] == "credits are unknown: the page could not be read"


def test_a_trilogy_waits_for_as_many_credits_as_it_was_told(here: Gateway):
    run = trilogy(here, when_credits=10)
    seen(here.query, 9)
    assert waiting(here, run["task_ids"][0])["reason"] == "waits until there are 10 credits, has 9"
    seen(here.query, 10)
    assert waiting(here, run["task_ids"][0]) is None


def test_a_repeated_order_with_the_same_key_is_one_run(here: Gateway):
    body = {"trilogy": "space", "account": "demo"}
    first, second = (here.post("/api/sora/queue-trilogy", body, Idempotency_Key="one-run").json() for _ in range(2))

    assert first == second
    assert here.query("SELECT count(*) AS n FROM tasks WHERE run_id = %(run)s", run=first["run_id"]) == [{"n": 3}]


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"trilogy": "unheard_of"}, 422, "trilogy"),
        ({"account": "nobody"}, 404, "account"),
        ({"when_credits": -1}, 422, "when_credits"),
        ({"when_credits": 10**9}, 422, "when_credits"),
        ({"extra": 1}, 422, "extra"),
    ],
)
def test_a_wrong_order_is_named_and_stores_nothing(here: Gateway, changes: dict[str, Any], status: int, field: str):
    before = here.stored()

    answer = here.post("/api/sora/queue-trilogy", {"trilogy": "space", "account": "demo"} | changes)

    assert answer.status_code == status, answer.text
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert here.stored() == before


def test_credits_are_not_waited_for_where_there_are_none(here: Gateway):
    for body in (comment(here.settings), PROBE):
        answer = here.post("/api/scheduler/task", body | {"resources": {"credits": 1}})
        assert (answer.status_code, answer.json()["code"]) == (409, "no_credits"), answer.text


def test_explain_names_the_credits_among_the_gates(here: Gateway):
    task = here.submit(VIDEO, resources={"credits": 1})
    seen(here.query, 0, refreshes_at=TOMORROW)

    gates = here.http.get(f"/api/scheduler/task/{task['id']}/explain").json()["gates"]

    [gate] = [gate for gate in gates if gate["gate"] == "credits"]
    assert (gate["open"], gate["reason"]) == (False, f"needs 1 credits, has 0, refreshes {TOMORROW:%Y-%m-%d %H:%M} UTC")
    assert datetime.fromisoformat(gate["until"]) == TOMORROW


def test_every_story_has_three_different_prompts():
    prompts = [prompt for story in STORIES.values() for prompt in story]

    assert len(STORIES) == 13
    assert len(set(prompts)) == 39
    assert all(20 < len(prompt) <= 2000 for prompt in prompts)


def test_the_command_line_shows_credits_and_orders_a_trilogy(here: Gateway, monkeypatch: pytest.MonkeyPatch):
    (here.settings.home / "credentials.json").write_text(json.dumps({"url": here.url, "api_key": here.api_key}))
    monkeypatch.setenv("CALLSHEET_HOME", str(here.settings.home))

    def run(*words: str) -> str:
        done = CliRunner().invoke(build("sora"), ["sora", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "unknown" in run()
    assert "looks; ask again" in run("--check")
    seen(here.query, 26)
    assert "26" in run()
    assert "is queued" in run("--trilogy", "space", "--when-credits", "3")
    assert here.query("SELECT when_credits FROM runs ORDER BY id DESC LIMIT 1") == [{"when_credits": 3}]


def test_who_waits_behind_a_cancelled_video_is_asked_again(here: Gateway):
    first, second = (here.submit(VIDEO, resources={"credits": amount})["id"] for amount in (9, 1))
    seen(here.query, 1)
    here.query("UPDATE tasks SET wake_key = 'credits:' || account_id, parked_at = now() WHERE type = 'video'")
    assert waiting(here, second)["reason"] == "waits its turn: an earlier task waits for credits"

    here.http.delete(f"/api/scheduler/task/{first}").raise_for_status()

    assert here.query("SELECT wake_key FROM tasks WHERE id = %(id)s", id=second) == [{"wake_key": None}]
    assert waiting(here, second) is None
