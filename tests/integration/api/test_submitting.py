"""Does submitting store what was asked, once, and refuse what is wrong?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.gateway import PROBE, Gateway, comment


def test_a_submitted_task_is_stored_and_says_what_it_waits_for(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings))
    assert task["status"] == "pending"
    assert task["lane"] == "chromium.local.instagram"
    assert [gate["gate"] for gate in task["waiting_for"]] == ["connection", "lane"]
    assert gateway.http.get(f"/api/scheduler/task/{task['id']}").json() == task


def test_a_task_for_later_is_scheduled_and_one_for_just_now_is_due(gateway: Gateway):
    later = gateway.submit(scheduled_for="2099-01-01T09:00:00+02:00")
    just_now = gateway.submit(scheduled_for=ago(timedelta(seconds=30)))
    last = gateway.submit(scheduled_for="9899-12-31T23:59:60-23:59")
    assert (later["status"], later["not_before"]) == ("scheduled", "2099-01-01T07:00:00Z")
    assert (just_now["status"], just_now["not_before"]) == ("pending", None)
    assert (last["status"], last["not_before"]) == ("scheduled", "9900-01-01T23:59:00Z")


def ago(long: timedelta) -> str:
    return (datetime.now(UTC) - long).isoformat()


@pytest.mark.parametrize("over", [timedelta(minutes=2), timedelta(days=900), timedelta(days=365_000)])
def test_a_time_that_is_over_is_refused_and_nothing_is_stored(gateway: Gateway, over: timedelta):
    over_at = ago(over)
    message = {"account": "demo", "to": "maple_studio", "text": "Hello.", "scheduled_for": over_at}
    one = gateway.post("/api/scheduler/task", PROBE | {"scheduled_for": over_at})
    many = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE, PROBE | {"scheduled_for": over_at}]})
    sent = gateway.post("/api/dm/instagram/messages", message)
    said = [(answer.status_code, answer.json()["code"], answer.json()["errors"][0]["field"]) for answer in (one, many, sent)]
    assert said == [
        (422, "past", "scheduled_for"),
        (422, "past", "tasks[1].scheduled_for"),
        (422, "past", "scheduled_for"),
    ]
    assert gateway.stored() == 0


def test_a_task_is_not_moved_to_a_time_that_is_over_but_may_be_sent_back_as_it_is(gateway: Gateway):
    task = gateway.submit(scheduled_for="2099-01-01T00:00:00Z")
    where = f"/api/scheduler/task/{task['id']}"
    moved = gateway.http.patch(where, json={"scheduled_for": ago(timedelta(minutes=2))})
    assert (moved.status_code, moved.json()["errors"][0]["field"]) == (422, "scheduled_for")
    assert gateway.http.get(where).json()["scheduled_for"] == "2099-01-01T00:00:00Z"
    gateway.query("UPDATE tasks SET scheduled_for = '2020-01-01 00:00+00', not_before = NULL, status = 'pending'")
    again = gateway.http.patch(where, json={"priority": 2, "scheduled_for": "2020-01-01T00:00:00Z"})
    assert (again.status_code, again.json()["priority"]) == (200, 2)


def test_the_request_id_follows_the_task(gateway: Gateway):
    answer = gateway.post("/api/scheduler/task", PROBE, X_Request_Id="order-7")
    assert answer.headers["X-Request-Id"] == "order-7"
    assert gateway.query("SELECT correlation_id FROM tasks") == [{"correlation_id": "order-7"}]
    assert gateway.post("/api/scheduler/task", PROBE, X_Request_Id="not sane").headers["X-Request-Id"] != "not sane"


def test_the_same_key_and_body_get_the_same_answer_again(gateway: Gateway):
    first = gateway.post("/api/scheduler/task", PROBE, Idempotency_Key="a")
    again = gateway.post("/api/scheduler/task", PROBE, Idempotency_Key="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert gateway.stored() == 1


def test_the_same_key_with_another_body_is_refused(gateway: Gateway):
    gateway.post("/api/scheduler/task", PROBE, Idempotency_Key="a")
    other = gateway.post("/api/scheduler/task", PROBE | {"priority": 5}, Idempotency_Key="a")
    batch = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE]}, Idempotency_Key="a")
    assert (other.status_code, batch.status_code) == (422, 422)
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert gateway.stored() == 1


def test_30_requests_at_once_with_one_key_make_one_task(gateway: Gateway):
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: gateway.post("/api/scheduler/task", PROBE, Idempotency_Key="b"), range(30)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert gateway.stored() == 1


def test_a_key_that_was_refused_can_be_used_again(gateway: Gateway):
    refused = gateway.post("/api/scheduler/task", comment(gateway.settings) | {"account": "nobody"}, Idempotency_Key="c")
    taken = gateway.post("/api/scheduler/task", PROBE, Idempotency_Key="c")
    assert (refused.status_code, taken.status_code) == (404, 201)


def test_a_batch_is_stored_whole_and_names_its_own_tasks(gateway: Gateway):
    tasks = [PROBE, PROBE | {"dependencies": ["#0"]}, PROBE | {"dependencies": ["#0", "#1"]}]
    ids = gateway.post("/api/scheduler/tasks", {"tasks": tasks}).json()["ids"]
    last = gateway.http.get(f"/api/scheduler/task/{ids[2]}").json()
    assert sorted(last["dependencies"]) == sorted(ids[:2])
    assert last["waiting_for"][0]["gate"] == "dependencies"


def test_ten_thousand_tasks_are_one_transaction(gateway: Gateway):
    answer = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE] * 10_000})
    assert answer.status_code == 201
    assert len(answer.json()["ids"]) == gateway.stored() == 10_000
    too_many = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE] * 10_001})
    assert too_many.status_code == 422
    assert too_many.json()["errors"][0]["field"] == "tasks"


def test_one_wrong_task_in_a_batch_stores_none(gateway: Gateway):
    wrong = comment(gateway.settings) | {"account": "nobody"}
    answer = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE, wrong]})
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["field"] == "tasks[1].account"
    assert gateway.stored() == 0


def test_what_looks_alike_is_drafted_once_and_what_differs_in_anything_is_not(gateway: Gateway):
    text = comment(gateway.settings)
    asked = [
        PROBE, text, PROBE, PROBE | {"priority": 5}, text, text | {"max_retries": 1},
        text | {"payload": text["payload"] | {"text": "another"}}, PROBE | {"payload": {"lane": "media"}},
        PROBE | {"priority": 5},
    ]  # fmt: skip
    ids = gateway.post("/api/scheduler/tasks", {"tasks": asked}).json()["ids"]
    assert len(set(ids)) == len(asked)
    for task, body in zip(ids, asked, strict=True):
        (alone,) = gateway.query(ROW, id=gateway.submit(body)["id"])
        assert gateway.query(ROW, id=task) == [alone]


def test_a_reference_is_refused_also_behind_a_task_that_looks_like_it(gateway: Gateway):
    said = {"type": "discovery", "platform": "instagram", "account": "demo", "payload": {"query": "tea", "limit": 1}}
    refers = said | {"payload": {"query": "tea", "limit": "{{ tasks.#0.count }}"}}
    answer = gateway.post("/api/scheduler/tasks", {"tasks": [said, refers]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("tasks[1].payload")


ROW = """
    SELECT type, lane, priority, payload, payload_hash, max_retries, account_id, targets, recipient, author, status,
           resources FROM tasks WHERE id = %(id)s
"""
