"""Is everything wrong refused with a problem that names the field, and nothing of it stored?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.validation import SHOWS_NOTHING
from tests.support.gateway import PROBE, Gateway, comment

TASK = "/api/scheduler/task"
BATCH = "/api/scheduler/tasks"
QUEUE = "/api/scheduler/queue"
UNKNOWN = "00000000-0000-7000-8000-00000000dead"


def refused(answer, status: int, field: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert answer.status_code == status, problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "errors"} == problem.keys()
    assert problem["status"] == status
    assert field in [error["field"] for error in problem["errors"]], problem
    assert "Value error" not in answer.text  # our own words stand there as they were written
    return problem


@pytest.fixture
def here(module_gateway: Gateway):
    before = module_gateway.stored()
    yield module_gateway
    assert module_gateway.stored() == before


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nothing", b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b'"text"', b"[]", b"null", b"NaN"],
    ids=["empty", "cut", "word", "deep", "deeper", "no UTF-8", "text", "list", "null", "NaN"],
)
def test_what_is_no_json_object_is_refused(here: Gateway, body: bytes):
    refused(here.http.post(TASK, content=body, headers={"Content-Type": "application/json"}), 422, "body")


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"type": "nothing"}, 422, "type"),
        ({"type": None}, 422, "type"),
        ({"colour": "blue"}, 422, "colour"),
        ({"priority": 0}, 422, "priority"),
        ({"priority": 6}, 422, "priority"),
        ({"priority": "3"}, 422, "priority"),
        ({"priority": True}, 422, "priority"),
        ({"priority": 2.5}, 422, "priority"),
        ({"max_retries": -1}, 422, "max_retries"),
        ({"resources": {"credits": -1}}, 422, "resources.credits"),
        ({"resources": {"gold": 1}}, 422, "resources.gold"),
        ({"scheduled_for": "2030-01-01T09:00:00"}, 422, "scheduled_for"),
        ({"scheduled_for": "2030-02-30T09:00:00Z"}, 422, "scheduled_for"),
        ({"scheduled_for": 1893456000}, 422, "scheduled_for"),
        ({"scheduled_for": "tomorrow"}, 422, "scheduled_for"),
        ({"scheduled_for": "9999-12-31T23:59:59-14:00"}, 422, "scheduled_for"),
        ({"dependencies": [UNKNOWN]}, 404, "dependencies[0]"),
        ({"dependencies": ["no id"]}, 422, "dependencies[0]"),
        ({"dependencies": ["#0"]}, 422, "dependencies[0]"),
        ({"dependencies": UNKNOWN}, 422, "dependencies"),
        ({"account": "nobody"}, 404, "account"),
        ({"platform": "nowhere"}, 404, "platform"),
        ({"account": "de\x00mo"}, 422, "account"),
        ({"account": None}, 422, "account"),
        ({"payload": None}, 422, "payload"),
        ({"payload": {}}, 422, "payload.text"),
    ],
)
def test_a_wrong_field_is_named(here: Gateway, changes: dict[str, Any], status: int, field: str):
    refused(here.post(TASK, comment(here.settings) | changes), status, field)


@pytest.mark.parametrize(
    ("payload", "status", "field"),
    [
        ({"text": ""}, 422, "payload.text"),
        ({"text": " \n\t"}, 422, "payload.text"),
        ({"text": "x" * 2201}, 422, "payload.text"),
        ({"text": "a\x00b"}, 422, "payload.text"),
        ({"text": 7}, 422, "payload.text"),
        ({"mood": "good"}, 422, "payload.mood"),
        ({"post_url": "javascript:alert(1)"}, 422, "payload.post_url"),
        ({"post_url": "https://example.com/p/1/"}, 404, "payload.post_url"),
        ({"post_url": "http://user:secret@127.0.0.1/instagram/p/1/"}, 422, "payload.post_url"),  # pragma: allowlist secret
    ],
)
def test_a_wrong_payload_is_named(here: Gateway, payload: dict[str, Any], status: int, field: str):
    refused(here.post(TASK, comment(here.settings, **payload)), status, field)


@pytest.mark.parametrize("text", [" ", "\u200b", "\u2800"], ids=ascii)
def test_a_text_that_shows_nothing_is_refused_in_words_and_not_by_a_pattern(here: Gateway, text: str):
    answer = here.post("/api/scheduler/task", comment(here.settings, text=text))

    assert answer.status_code == 422
    assert [error["message"] for error in answer.json()["errors"]] == [SHOWS_NOTHING]


@pytest.mark.parametrize("way", ["../tiktok/v/1", "./../x", "p/%2e%2e/%2E%2e/x", ".."])
def test_an_address_cannot_climb_out_of_the_accounts_platform(here: Gateway, way: str):
    origin = f"http://127.0.0.1:{here.settings.sandbox_port}/instagram"
    refused(here.post(TASK, comment(here.settings, post_url=f"{origin}/{way}")), 404, "payload.post_url")


def test_a_lone_surrogate_is_refused(here: Gateway):
    text = json.dumps(comment(here.settings, text="a\ud800b"))
    named = json.dumps(PROBE | {"\ud800": 1})
    headers = {"Content-Type": "application/json"}
    refused(here.http.post(TASK, content=text, headers=headers), 422, "payload.text")
    refused(here.http.post(TASK, content=named, headers=headers), 422, "body")


def test_a_text_that_this_platform_does_not_take_is_refused_by_its_length(here: Gateway):
    url = f"http://127.0.0.1:{here.settings.sandbox_port}/tiktok/@maple_studio/video/7000001"
    body = comment(here.settings, text="x" * 151, post_url=url) | {"platform": "tiktok"}
    assert "150" in refused(here.post(TASK, body), 422, "payload.text")["detail"]


def test_what_a_platform_cannot_do_is_refused_with_the_reason(gateway: Gateway):
    gateway.query("UPDATE accounts SET transport = 'api' WHERE platform = 'instagram'")
    problem = refused(gateway.post(TASK, comment(gateway.settings)), 422, "platform")
    assert problem["code"] == "unsupported"
    assert "Graph API" in problem["detail"]


@pytest.mark.parametrize("lane", ["chromium.elsewhere.instagram", "safari.elsewhere", "nothing", "api", "chromium.local"])
def test_a_lane_that_is_nobodys_or_anothers_is_refused(here: Gateway, lane: str):
    refused(here.post(TASK, {"type": "probe", "payload": {"lane": lane}}), 404, "payload.lane")


@pytest.mark.parametrize(
    "needs", [[["#0"]], [["#1"], ["#0"]], [["#2"], ["#0"], ["#1"]], [[], ["#0", "#2"], ["#1"]]], ids=str
)
def test_tasks_that_wait_for_each_other_in_a_circle_are_refused(here: Gateway, needs: list[list[str]]):
    answer = here.post(BATCH, {"tasks": [PROBE | {"dependencies": some} for some in needs]})
    number = next(i for i, some in enumerate(needs) if some)
    assert refused(answer, 409, f"tasks[{number}].dependencies")["code"] == "cycle"


def test_a_batch_names_the_task_that_is_wrong(here: Gateway):
    refused(here.post(BATCH, {"tasks": [PROBE, PROBE | {"dependencies": ["#7"]}]}), 404, "tasks[1].dependencies[0]")
    refused(here.post(BATCH, {"tasks": [PROBE, PROBE | {"payload": {}}]}), 422, "tasks[1].payload.lane")
    refused(here.post(BATCH, {"tasks": []}), 422, "tasks")


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "käse"])
def test_a_wrong_idempotency_key_is_refused(here: Gateway, key: str):
    headers = {"Idempotency-Key": key.encode()}
    refused(here.http.post(TASK, json=PROBE, headers=headers), 422, "Idempotency-Key")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.0", "limit"),
        ("cursor=wrong", "cursor"),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAB", "cursor"),
        ("status=done", "status"),
        ("account=%00", "account"),
        ("lane=%ff", "lane"),
    ],
)
def test_a_wrong_parameter_is_named(here: Gateway, query: str, field: str):
    refused(here.http.get(f"{QUEUE}?{query}"), 422, field)


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("limit=0", "limit", "Write a whole number from 1 to 200."),
        ("limit=x", "limit", "Write a whole number from 1 to 200."),
        ("probes=yes", "probes", "Write true or false."),
    ],
)
def test_our_own_words_stand_alone(here: Gateway, query: str, field: str, message: str):
    (error,) = refused(here.http.get(f"{QUEUE}?{query}"), 422, field)["errors"]
    assert error["message"] == message


@pytest.mark.parametrize("path", ["/api/events?after=-1", "/api/events?after=x", f"/api/events?after={2**63}"])
def test_a_wrong_number_to_start_from_is_refused(here: Gateway, path: str):
    refused(here.http.get(path), 422, "after")


@pytest.mark.parametrize("path", ["/api/effects?from=2030-01-01T00:00:00", "/api/effects?from=yesterday"])
def test_a_naive_instant_is_refused_in_a_list(here: Gateway, path: str):
    refused(here.http.get(path), 422, "from")


def test_a_body_that_is_too_large_is_refused_however_it_comes(here: Gateway):
    size = here.settings.max_body_bytes + 1
    declared = here.http.post(TASK, content=b" " * size)
    streamed = here.http.post(TASK, content=(b" " * 65536 for _ in range(size // 65536 + 1)))
    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert declared.json()["code"] == "body_too_large"


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong", "Basic dTpw", "Bearer csk_AAAAAAAA_" + "x" * 43])
def test_without_a_valid_key_nothing_is_answered(here: Gateway, key: str):
    answer = here.http.post(TASK, json=PROBE, headers={"Authorization": key})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not_signed_in"


def test_the_key_is_asked_for_before_the_body_is_read(here: Gateway):
    assert here.http.post(TASK, content=b"{", headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", f"{TASK}/{UNKNOWN}", 404),
        ("DELETE", f"{TASK}/{UNKNOWN}", 404),
        ("GET", f"{TASK}/not-an-id", 422),
        ("GET", f"{TASK}/..%2f..%2fetc", 404),
        ("GET", f"/api/proofs/{UNKNOWN}", 404),
        ("GET", "/api/proofs/..%2e%2f..%2e%2fkeys", 404),
        ("GET", "/static/..%2fmain.py", 404),
        ("GET", "/static/main.py", 404),
        ("GET", "/api/accounts/instagram/nobody", 404),
    ],
)
def test_what_does_not_exist_is_a_problem_document_too(here: Gateway, method: str, path: str, status: int):
    answer = here.http.request(method, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_an_unknown_method_is_answered_with_all_that_there_are(here: Gateway):
    answer = here.http.put(f"{TASK}/{UNKNOWN}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH")
    assert answer.json()["code"] == "method_not_allowed"
