"""Is whatever a request says either taken at its word or refused, and never passed over?"""

from __future__ import annotations

import gzip
import json

import pytest

from tests.integration.api.test_bad_input import UNKNOWN, refused
from tests.support.gateway import PROBE, Gateway

TASK = "/api/scheduler/task"
QUEUE = "/api/scheduler/queue"
LISTS = (
    QUEUE,
    "/api/accounts",
    "/api/approvals",
    "/api/audit",
    "/api/dead-letters",
    "/api/do-not-contact",
    "/api/interactions",
    "/api/media",
    "/api/notifications",
    "/api/personas",
    "/api/scheduler/plan",
    "/api/schedules",
    "/api/webhooks",
)


@pytest.fixture
def here(module_gateway: Gateway):
    before = module_gateway.stored()
    yield module_gateway
    assert module_gateway.stored() == before


@pytest.mark.parametrize("path", LISTS)
def test_a_parameter_that_does_not_exist_is_refused_by_every_list(here: Gateway, path: str):
    answer = refused(here.http.get(path, params={"statuss": "failed"}), 422, "statuss")
    assert answer["errors"][0]["message"].startswith("There is no parameter 'statuss'")


def test_a_parameter_that_does_not_exist_is_answered_with_those_that_do(here: Gateway):
    (error,) = refused(here.http.get(QUEUE, params={"statuss": "failed"}), 422, "statuss")["errors"]
    assert "account, cursor, lane, limit, parent_id, platform, probes, status, type" in error["message"]


def test_where_there_are_no_parameters_none_is_taken(here: Gateway):
    assert "no parameter 'x' here" in here.http.get("/api/scheduler/status", params={"x": "1"}).text
    refused(here.post(f"{TASK}?dry_run=true", PROBE), 422, "dry_run")


@pytest.mark.parametrize("query", ["status=failed&status=unknown", "status=failed&status=failed", "limit=3&limit=5"])
def test_a_parameter_that_is_said_twice_is_refused(here: Gateway, query: str):
    refused(here.http.get(f"{QUEUE}?{query}"), 422, query.partition("=")[0])


def test_what_may_be_several_may_be_said_several_times(here: Gateway):
    types = [("types", "task.failed"), ("types", "task.completed"), ("after", "0")]
    with here.http.stream("GET", "/api/events", params=types) as stream:
        assert stream.status_code == 200


def test_who_is_nobody_does_not_hear_which_parameters_there_are(here: Gateway):
    answer = here.http.get(QUEUE, params={"statuss": "x"}, headers={"Authorization": "Bearer nothing"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"type": "probe", "payload": {"lane": "system"}, "priority": 1, "priority": 5}', "priority"),
        ('{"type": "probe", "payload": {"lane": "system", "lane": "ai"}}', "lane"),
        ('{"type": "probe", "payload": {"lane": "system"}, "payload": {"lane": "system"}}', "payload"),
        ('{"type": "probe", "type": "probe", "payload": {"lane": "system"}}', "type"),
        ('{"type": "probe", "payload": {"lane": "system"}, "\\u0070riority": 2, "priority": 2}', "priority"),
    ],
)
def test_a_key_that_stands_twice_in_json_is_refused(here: Gateway, body: str, field: str):
    answer = here.http.post(TASK, content=body, headers={"Content-Type": "application/json"})
    (error,) = refused(answer, 422, field)["errors"]
    assert error["message"] == f"{field} stands twice in one object."


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("said", ["text/plain", "application/x-www-form-urlencoded", "text/json", "application/xml", ""])
def test_a_body_that_does_not_say_that_it_is_json_is_told_how_to(here: Gateway, method: str, said: str):
    path = {"POST": TASK, "PUT": "/api/approvals/rules", "PATCH": f"/api/personas/{UNKNOWN}"}[method]
    headers = {"Content-Type": said} if said else {}
    answer = refused(here.http.request(method, path, content=json.dumps(PROBE), headers=headers), 415, "Content-Type")
    assert "`Content-Type: application/json`" in answer["detail"]


@pytest.mark.parametrize("said", ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"])
def test_json_may_say_so_in_any_way(here: Gateway, said: str):
    answer = here.http.post(TASK, content=b'{"type": "nothing"}', headers={"Content-Type": said})
    refused(answer, 422, "type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "GZIP", "gzip, identity"])
@pytest.mark.parametrize("path", [TASK, "/api/media"])
def test_a_packed_body_is_refused_as_what_it_is(here: Gateway, path: str, encoding: str):
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = here.http.post(path, content=gzip.compress(json.dumps(PROBE).encode()), headers=headers)
    refused(answer, 415, "Content-Encoding")
