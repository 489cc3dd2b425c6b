"""Can people see what failed and have it tried again, without anything being done twice?"""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from cli.local.secret import write_json
from cli.main import build
from tests.support.gateway import PROBE, Gateway, comment, new_workspace
from tests.support.ledger import add_effect, add_proof
from tests.support.worker import work_on, worker

UNKNOWN = "00000000-0000-7000-8000-00000000dead"


def failed(gateway: Gateway, body: dict[str, Any] = PROBE, **changes: Any) -> dict[str, Any]:
    task = gateway.submit(body, **changes)
    gateway.query(
        "UPDATE tasks SET status = 'failed', finished_at = now(), retry_count = 3,"
        ' error = \'{"code": "broken", "message": "It broke."}\' WHERE id = %(id)s',
        id=task["id"],
    )
    return task


def replay(gateway: Gateway, *ids: str) -> list[str]:
    answer = gateway.post("/api/dead-letters/replay", {"ids": list(ids)})
    assert answer.status_code == 200, answer.text
    return [item["outcome"] for item in answer.json()["items"]]


def test_what_failed_is_listed_newest_first_with_its_error_and_what_was_tried(gateway: Gateway):
    first, second = failed(gateway), failed(gateway, comment(gateway.settings))
    gateway.submit()
    with gateway.owner() as connection:
        add_effect(connection, second["id"], "refused")
    items = gateway.http.get("/api/dead-letters").json()["items"]
    assert [item["id"] for item in items] == [second["id"], first["id"]]
    assert items[0]["error"] == {"code": "broken", "message": "It broke.", "retry_at": None}
    assert [attempt["outcome"] for attempt in items[0]["attempts"]] == ["lost"]
    assert items[1]["attempts"] == []


@pytest.mark.parametrize(
    ("query", "found"), [("type=probe", 1), ("platform=instagram", 1), ("account=demo", 1), ("type=dm", 0)]
)
def test_the_list_is_filtered_and_paged(gateway: Gateway, query: str, found: int):
    failed(gateway)
    failed(gateway, comment(gateway.settings))
    assert len(gateway.http.get(f"/api/dead-letters?{query}").json()["items"]) == found
    page = gateway.http.get("/api/dead-letters?limit=1").json()
    rest = gateway.http.get(f"/api/dead-letters?cursor={page['next_cursor']}").json()
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (1, 1, None)


def test_each_id_is_answered_and_only_what_failed_waits_again(gateway: Gateway):
    broken, waiting = failed(gateway), gateway.submit()
    assert replay(gateway, UNKNOWN, waiting["id"], broken["id"]) == ["not_found", "not_failed", "replayed"]
    again = gateway.http.get(f"/api/scheduler/task/{broken['id']}").json()
    assert (again["status"], again["retry_count"], again["error"], again["finished_at"]) == ("pending", 0, None, None)
    history = gateway.http.get(f"/api/scheduler/task/{broken['id']}/events").json()["items"]
    assert [event["type"] for event in history] == ["task.pending", "task.pending"]
    assert history[-1]["data"]["replayed"] is True
    assert replay(gateway, broken["id"]) == ["not_failed"]


def test_another_workspaces_failures_are_not_found(gateway: Gateway):
    broken = failed(gateway)
    theirs = gateway.with_key(new_workspace(gateway.settings, "theirs", ("read", "submit")))
    assert theirs.get("/api/dead-letters").json()["items"] == []
    answer = theirs.post("/api/dead-letters/replay", json={"ids": [broken["id"]]}).json()
    assert answer["items"] == [{"id": broken["id"], "outcome": "not_found"}]
    assert gateway.query("SELECT status FROM tasks") == [{"status": "failed"}]


@pytest.mark.parametrize("ids", [[], ["no id"], [UNKNOWN] * 1001])
def test_a_wrong_list_of_ids_is_refused(gateway: Gateway, ids: list[str]):
    assert gateway.post("/api/dead-letters/replay", {"ids": ids}).status_code == 422


def test_a_replay_over_a_confirmed_effect_completes_without_a_second_one(gateway: Gateway):
    task = failed(gateway, comment(gateway.settings))
    with gateway.owner() as connection:
        add_proof(connection, add_effect(connection, task["id"], "confirmed", "17"))
    gateway.query("UPDATE effects SET external_url = target, element = text")
    replay(gateway, task["id"])
    with worker(gateway) as process:
        assert work_on(gateway, process, task["id"]) == "completed"
    assert gateway.query("SELECT outcome FROM effects") == [{"outcome": "confirmed"}]
    assert gateway.http.get(f"/api/scheduler/task/{task['id']}").json()["result"]["external_id"] == "17"


@pytest.mark.parametrize("outcome", ["unknown", "intended"])
def test_a_replay_over_an_open_effect_is_looked_at_before_anything_is_sent(gateway: Gateway, outcome: str):
    task = failed(gateway, comment(gateway.settings))
    with gateway.owner() as connection:
        add_effect(connection, task["id"], outcome)
    replay(gateway, task["id"])
    with worker(gateway) as process:
        assert work_on(gateway, process, task["id"]) == "unknown"
    assert gateway.query("SELECT outcome FROM effects") == [{"outcome": "unknown"}]
    assert gateway.query("SELECT verify_at < now() + interval '1 second' AS due FROM tasks") == [{"due": True}]


def test_the_command_line_lists_and_replays(gateway: Gateway):
    broken = failed(gateway)
    write_json(gateway.settings.home / "credentials.json", {"url": gateway.url, "api_key": gateway.api_key})
    run = CliRunner(env={"CALLSHEET_HOME": str(gateway.settings.home)})
    listed = run.invoke(build("dead-letters"), ["dead-letters", "--type", "probe"])
    assert "It broke." in listed.output, listed.output
    done = run.invoke(build("dead-letters"), ["dead-letters", "replay", "--json", broken["id"], UNKNOWN])
    assert '"outcome": "replayed"' in done.output
    assert '"outcome": "not_found"' in done.output
