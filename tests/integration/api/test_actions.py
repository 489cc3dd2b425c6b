"""Does what a client or a person does to a task have the effect it should, and no other?"""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from cli.local.secret import write_json
from cli.main import build
from shared.engine.rules.gates import GATES
from shared.validation import SHOWS_NOTHING
from tests.support.gateway import PROBE, Gateway, comment
from tests.support.ledger import add_effect


def path(task: dict[str, Any], rest: str = "") -> str:
    return f"/api/scheduler/task/{task['id']}{rest}"


def move(gateway: Gateway, task: dict[str, Any], *states: str) -> None:
    """What the engine does: one state after the other."""
    for state in states:
        gateway.query(
            "UPDATE tasks SET status = %(state)s, released_at = now(), not_before = coalesce(not_before, now())"
            " WHERE id = %(id)s",
            state=state,
            id=task["id"],
        )


@pytest.fixture
def unknown(gateway: Gateway) -> dict[str, Any]:
    """A task of which nobody knows whether it was done."""
    task = gateway.submit(comment(gateway.settings))
    move(gateway, task, "queued", "running", "unknown")
    with gateway.owner() as connection:
        add_effect(connection, task["id"])
    return task


@pytest.mark.parametrize("states", [(), ("scheduled",), ("queued",)], ids=["pending", "scheduled", "queued"])
def test_what_has_not_begun_is_cancelled_at_once_and_lets_go_what_waits(gateway: Gateway, states):
    task = gateway.submit()
    gateway.query("UPDATE tasks SET not_before = now()")
    move(gateway, task, *states)
    waiting = gateway.submit(dependencies=[task["id"]])
    gateway.query("UPDATE tasks SET wake_key = %(k)s WHERE id = %(id)s", k=f"task:{task['id']}", id=waiting["id"])
    answer = gateway.http.delete(path(task)).json()
    assert answer["status"] == "cancelled"
    assert answer["finished_at"] is not None
    assert gateway.query("SELECT wake_key FROM tasks WHERE id = %(id)s", id=waiting["id"]) == [{"wake_key": None}]


def test_what_runs_is_asked_to_stop(gateway: Gateway):
    task = gateway.submit()
    move(gateway, task, "queued", "running")
    answer = gateway.http.delete(path(task)).json()
    assert (answer["status"], answer["cancel_requested"]) == ("running", True)


def test_what_may_have_been_done_is_not_called_cancelled(gateway: Gateway, unknown):
    answer = gateway.http.delete(path(unknown))
    assert (answer.status_code, answer.json()["code"]) == (409, "outcome_unknown")
    assert "resolve" in answer.json()["detail"]


def test_what_is_over_cannot_be_cancelled(gateway: Gateway):
    task = gateway.submit()
    gateway.http.delete(path(task))
    assert gateway.http.delete(path(task)).status_code == 409


def test_a_task_changes_before_its_release_only(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings))
    changed = gateway.http.patch(path(task), json={"priority": 1, "scheduled_for": "2099-01-01T00:00:00Z"}).json()
    assert (changed["priority"], changed["status"]) == (1, "scheduled")
    payload = comment(gateway.settings, text="Better said.")["payload"]
    again = gateway.http.patch(path(task), json={"payload": payload, "scheduled_for": None}).json()
    assert (again["payload"]["text"], again["status"], again["priority"]) == ("Better said.", "pending", 1)
    hashes = gateway.query("SELECT payload_hash FROM tasks")
    move(gateway, task, "queued")
    late = gateway.http.patch(path(task), json={"priority": 2})
    assert (late.status_code, late.json()["code"]) == (409, "released")
    assert gateway.query("SELECT payload_hash FROM tasks") == hashes


def test_a_changed_payload_obeys_the_same_rules(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings))
    elsewhere = gateway.http.patch(path(task), json={"payload": {"post_url": "https://example.com/p/", "text": "x"}})
    other_type = gateway.http.patch(path(task), json={"payload": {"lane": "system"}})
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["field"]) == (404, "payload.post_url")
    assert (other_type.status_code, other_type.json()["code"]) == (409, "other_type")


@pytest.mark.parametrize("way", ["change", "approve"])
@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"text": None}, {"payload.text": "Input should be a valid string"}),
        ({"text": "\u200b"}, {"payload.text": SHOWS_NOTHING}),
        ({"emphasis": "much"}, {"payload.emphasis": "Extra inputs are not permitted"}),
    ],
)
def test_a_changed_payload_is_refused_by_the_one_field_that_is_wrong(gateway: Gateway, way: str, changes, errors):
    task = waits_for_approval(gateway)
    said = {"payload": task["payload"] | changes}

    if way == "change":
        refused = gateway.http.patch(path(task), json=said)
    else:
        refused = gateway.http.post(f"{path(task)}/approve", json=said | {"payload_hash": task["payload_hash"]})

    assert refused.status_code == 422
    assert {error["field"]: error["message"] for error in refused.json()["errors"]} == errors


def test_a_payload_without_a_field_is_refused_by_that_field(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings))
    for said, missing in (({"text": "x"}, {"payload.post_url"}), ({}, {"payload.post_url", "payload.text"})):
        refused = gateway.http.patch(path(task), json={"payload": said})
        assert {error["field"] for error in refused.json()["errors"]} == missing


def waits_for_approval(gateway: Gateway) -> dict[str, Any]:
    task = gateway.submit(comment(gateway.settings))
    gateway.query("ALTER TABLE tasks DISABLE TRIGGER USER")
    gateway.query("UPDATE tasks SET approval_required = true, status = 'awaiting_approval', wake_key = 'approval:' || id")
    gateway.query("ALTER TABLE tasks ENABLE TRIGGER USER")
    return task


def test_an_approval_is_of_exactly_this_payload(gateway: Gateway):
    task = waits_for_approval(gateway)
    assert gateway.http.get(path(task)).json()["waiting_for"][0]["gate"] == "approval"
    seen = {"payload_hash": task["payload_hash"]}
    approved = gateway.post(path(task, "/approve"), seen).json()
    assert approved["status"] == "pending"
    assert gateway.query("SELECT approved_hash = payload_hash AS same, wake_key FROM tasks") == [
        {"same": True, "wake_key": None}
    ]
    gateway.http.patch(path(task), json={"payload": comment(gateway.settings, text="Other words.")["payload"]})
    assert gateway.http.get(path(task)).json()["waiting_for"][0]["gate"] == "approval"


def test_what_is_rejected_is_cancelled_and_says_so(gateway: Gateway):
    task = waits_for_approval(gateway)
    rejected = gateway.post(path(task, "/reject"), {"reason": "Not our tone."}).json()
    assert (rejected["status"], rejected["error"]["code"]) == ("cancelled", "rejected")
    assert rejected["error"]["message"] == "Rejected by local owner: Not our tone."
    assert gateway.post(path(task, "/approve"), {"payload_hash": task["payload_hash"]}).status_code == 409


def test_a_failed_task_is_tried_again_with_all_its_retries(gateway: Gateway):
    task = gateway.submit()
    assert gateway.http.post(path(task, "/retry")).status_code == 409
    move(gateway, task, "failed")
    gateway.query('UPDATE tasks SET retry_count = 3, finished_at = now(), error = \'{"code": "x", "message": "y"}\'')
    again = gateway.http.post(path(task, "/retry")).json()
    assert (again["status"], again["retry_count"], again["error"], again["finished_at"]) == ("pending", 0, None, None)


def test_an_unknown_outcome_is_looked_at_now(gateway: Gateway, unknown):
    assert gateway.http.post(path(unknown, "/verify")).status_code == 200
    assert gateway.query("SELECT verify_at <= clock_timestamp() AS now FROM tasks") == [{"now": True}]
    other = gateway.submit()
    assert gateway.http.post(path(other, "/verify")).status_code == 409


def test_a_person_confirms_what_was_done(gateway: Gateway, unknown):
    body = {"outcome": "confirmed", "external_id": "17", "note": "I can see it."}
    done = gateway.post(path(unknown, "/resolve"), body).json()
    assert (done["status"], done["error"]) == ("pending", None)  # and goes on with what follows
    effect = gateway.http.get("/api/effects").json()["items"][0]
    assert (effect["outcome"], effect["external_id"]) == ("confirmed", "17")
    last = gateway.http.get(path(unknown, "/events")).json()["items"][-1]
    assert (last["type"], last["data"]["note"], last["data"]["by"]) == ("task.pending", "I can see it.", "local owner")
    assert gateway.post(path(unknown, "/resolve"), body).status_code == 409


def test_what_a_person_says_was_not_done_is_sent_again_only_when_that_is_said(gateway: Gateway, unknown):
    waiting = gateway.submit(dependencies=[unknown["id"]])
    gateway.query("UPDATE tasks SET wake_key = %(k)s WHERE id = %(id)s", k=f"task:{unknown['id']}", id=waiting["id"])
    said = {"outcome": "absent", "note": "Not there."}
    ended = gateway.post(path(unknown, "/resolve"), said).json()
    assert (ended["status"], ended["error"]["code"]) == ("failed", "absent")
    assert ended["finished_at"] is not None
    assert gateway.query("SELECT wake_key FROM tasks WHERE id = %(id)s", id=waiting["id"]) == [{"wake_key": None}]
    assert gateway.http.get("/api/effects").json()["items"][0]["outcome"] == "absent"
    assert gateway.http.post(path(unknown, "/retry")).json()["status"] == "pending"


def test_what_a_person_says_was_not_done_can_be_sent_again_at_once(gateway: Gateway, unknown):
    said = {"outcome": "absent", "note": "Not there.", "send_again": True}
    again = gateway.post(path(unknown, "/resolve"), said).json()
    assert (again["status"], again["error"]) == ("pending", None)
    assert gateway.http.get("/api/effects").json()["items"][0]["outcome"] == "absent"


def test_what_was_done_is_not_sent_again(gateway: Gateway, unknown):
    answer = gateway.post(path(unknown, "/resolve"), {"outcome": "confirmed", "note": "There.", "send_again": True})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "send_again")
    assert gateway.http.get(path(unknown)).json()["status"] == "unknown"


def test_a_cancelled_task_that_was_not_done_ends_as_cancelled(gateway: Gateway, unknown):
    gateway.query("UPDATE tasks SET cancel_requested = true")
    ended = gateway.post(path(unknown, "/resolve"), {"outcome": "absent", "note": "Not there.", "send_again": True}).json()
    assert ended["status"] == "cancelled"


def test_an_id_that_belongs_to_another_effect_confirms_nothing(gateway: Gateway, unknown):
    other = gateway.submit(comment(gateway.settings))
    with gateway.owner() as connection:
        add_effect(connection, other["id"], "confirmed", "17")
    answer = gateway.post(path(unknown, "/resolve"), {"outcome": "confirmed", "external_id": "17", "note": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "external_id_taken")
    assert gateway.http.get(path(unknown)).json()["status"] == "unknown"


def command(gateway: Gateway, *words: str, typed: str = "") -> str:
    """What `callsheet task` says, on both streams."""
    write_json(gateway.settings.home / "credentials.json", {"url": gateway.url, "api_key": gateway.api_key})
    run = CliRunner(env={"CALLSHEET_HOME": str(gateway.settings.home)})
    return run.invoke(build("task"), ["task", *words], input=typed).output


def test_the_command_line_looks_again_and_settles_an_unknown_outcome(gateway: Gateway, unknown):
    assert f"Task {unknown['id']} is unknown." in command(gateway, "verify", unknown["id"])
    confirmed = ("confirmed", "--external-id", "17", "--note", "I can see it.")
    assert "is pending." in command(gateway, "resolve", unknown["id"], *confirmed)
    assert gateway.http.get("/api/effects").json()["items"][0]["external_id"] == "17"


@pytest.mark.parametrize(("typed", "becomes"), [("y\n", "pending"), ("n\n", "failed"), ("", "unknown")])
def test_the_command_line_asks_once_whether_to_send_again(gateway: Gateway, unknown, typed, becomes):
    said = command(gateway, "resolve", unknown["id"], "absent", "--note", "Not there.", typed=typed)
    assert said.count("Shall it be sent again?") == 1
    assert gateway.http.get(path(unknown)).json()["status"] == becomes


def test_the_command_line_asks_nothing_about_a_task_whose_outcome_is_known(gateway: Gateway):
    write_json(gateway.settings.home / "credentials.json", {"url": gateway.url, "api_key": gateway.api_key})
    task = gateway.submit(comment(gateway.settings))
    run = CliRunner(env={"CALLSHEET_HOME": str(gateway.settings.home)})
    words = ["task", "resolve", task["id"], "absent", "--note", "Not there."]
    said = run.invoke(build("task"), words, input="y\n")
    assert "Shall it be sent again?" not in said.output
    assert "only an unknown outcome" in str(said.exception)


@pytest.mark.parametrize("status", ["queued", "running", "completed", "failed", "cancelled"])
def test_what_has_begun_or_is_over_has_no_expected_start(gateway: Gateway, status: str):
    task = gateway.submit(comment(gateway.settings))
    gateway.query("ALTER TABLE tasks DISABLE TRIGGER USER")
    gateway.query("UPDATE tasks SET status = %(status)s, started_at = now(), released_at = now()", status=status)
    gateway.query("ALTER TABLE tasks ENABLE TRIGGER USER")
    assert gateway.http.get(path(task, "/explain")).json()["expected_start"] is None
    assert command(gateway, "explain", task["id"]).splitlines()[-1] == f"Expected start: none, the task is {status}."


@pytest.mark.parametrize("stored", [None, "9999-12-29 00:00+00", "9999-12-30 23:59:59+00"])
def test_explain_answers_however_far_the_date_is(gateway: Gateway, stored: str | None):
    quiet = {"quiet": {"from": "22:00", "to": "07:00", "zone": "Pacific/Kiritimati"}}
    assert gateway.http.put("/api/limits?scope=workspace", json=quiet).status_code == 200
    task = gateway.submit(comment(gateway.settings), scheduled_for="9899-12-31T23:59:59Z")
    if stored is not None:  # by a version that took it
        gateway.query("UPDATE tasks SET not_before = %(at)s, scheduled_for = %(at)s, due_at = %(at)s", at=stored)
    answer = gateway.http.get(path(task, "/explain"))
    assert answer.status_code == 200, answer.text
    assert [gate["gate"] for gate in answer.json()["gates"] if not gate["open"]]
    assert gateway.http.get("/api/scheduler/plan?hours=24").status_code == 200


def test_explain_asks_every_gate_in_order(gateway: Gateway):
    task = gateway.submit(scheduled_for="2099-01-01T00:00:00Z")
    answer = gateway.http.get(path(task, "/explain")).json()
    names = [gate["gate"] for gate in answer["gates"]]
    assert names == [gate.name for gate in GATES]
    assert answer["expected_start"] is None  # the lane does not say when it gets a worker
    gateway.query("INSERT INTO lanes (name, concurrency) VALUES ('system', 1)")
    gateway.query(
        "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
        " VALUES ('w', 'p', 'h', 1, '1', '{system}', 1, now() + interval '1 hour')"
    )
    assert gateway.http.get(path(task, "/explain")).json()["expected_start"] == "2099-01-01T00:00:00Z"


def test_the_queue_is_filtered_and_read_page_by_page(gateway: Gateway):
    made = [gateway.submit()["id"] for _ in range(5)]
    own = gateway.submit(comment(gateway.settings))["id"]
    seen, cursor = [], ""
    while cursor is not None:
        query = "/api/scheduler/queue?type=probe&limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = gateway.http.get(query).json()
        seen += [task["id"] for task in page["items"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]
    for query in ("platform=instagram", "account=demo", "lane=chromium.local.instagram", "type=comment&status=pending"):
        assert [task["id"] for task in gateway.http.get(f"/api/scheduler/queue?{query}").json()["items"]] == [own]


def test_an_account_is_stopped_and_released(gateway: Gateway):
    stopped = gateway.http.post("/api/accounts/instagram/demo/pause").json()
    assert (stopped["state"], stopped["code"]) == ("paused", "paused_by_person")
    waiting = gateway.submit(comment(gateway.settings))["waiting_for"][0]
    assert (waiting["gate"], "paused" in waiting["reason"]) == ("connection", True)
    assert gateway.http.post("/api/accounts/instagram/demo/resume").json()["state"] == "connected"
    assert "credentials" not in stopped


@pytest.mark.parametrize("scope", ["lane:system", "platform:instagram", "account:instagram/demo"])
def test_a_part_of_the_system_is_paused_and_resumed(gateway: Gateway, scope: str):
    body = PROBE if scope == "lane:system" else comment(gateway.settings)
    gateway.post("/api/scheduler/pause", {"scope": scope})
    assert "system" in [gate["gate"] for gate in gateway.submit(body)["waiting_for"]]
    gateway.post("/api/scheduler/resume", {"scope": scope})
    assert "system" not in [gate["gate"] for gate in gateway.submit(body)["waiting_for"]]


def test_resuming_a_platform_opens_what_had_paused_there_by_itself(gateway: Gateway):
    gateway.query(
        "INSERT INTO scopes (workspace_id, key, gate, reason)"
        " SELECT id, 'capability:instagram:comment', 'connection', 'the page has changed' FROM workspaces"
        " WHERE name = 'local'"
    )
    assert gateway.submit(comment(gateway.settings))["waiting_for"][0]["reason"] == "the page has changed"
    gateway.post("/api/scheduler/resume", {"scope": "platform:instagram"})
    assert "changed" not in gateway.submit(comment(gateway.settings))["waiting_for"][0]["reason"]
