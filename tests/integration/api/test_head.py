"""Does HEAD answer what GET does, without the body?"""

from __future__ import annotations

import pytest

from tests.integration.api.test_bad_input import UNKNOWN
from tests.support.gateway import Gateway

READ = ("/api/scheduler/queue", "/api/me", "/api/media", "/openapi.json", "/", "/api/scheduler/status")


@pytest.mark.parametrize("path", [*READ, f"/api/scheduler/task/{UNKNOWN}", "/api/scheduler/queue?statuss=x", "/nowhere"])
def test_head_answers_what_get_does_without_the_body(module_gateway: Gateway, path: str):
    got, asked = module_gateway.http.get(path), module_gateway.http.head(path)
    assert asked.status_code == got.status_code
    assert asked.headers["Content-Type"] == got.headers["Content-Type"]
    assert asked.headers["Content-Length"] == got.headers["Content-Length"]
    assert asked.content == b""


def test_head_of_a_stream_ends_at_once_and_takes_no_place(module_gateway: Gateway):
    for _ in range(module_gateway.settings.max_streams_each + 1):
        answer = module_gateway.http.head("/api/events", params={"after": "0"}, timeout=10)
        assert (answer.status_code, answer.content) == (200, b"")


def test_head_needs_the_same_key(module_gateway: Gateway):
    assert module_gateway.http.head("/api/me", headers={"Authorization": "Bearer nothing"}).status_code == 401


def test_what_cannot_be_read_has_no_head(module_gateway: Gateway):
    answer = module_gateway.http.head("/api/scheduler/task")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert module_gateway.http.delete("/api/me").headers["Allow"] == "GET, HEAD"
