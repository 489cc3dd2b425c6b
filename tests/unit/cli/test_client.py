"""Does a person read one line, whatever the gateway answers?"""

from __future__ import annotations

import httpx
import pytest

from cli.client import Client, problem_in
from cli.local.secret import write_json
from shared.errors import NotConfigured, NotFound, RequestRefused, Transient
from shared.settings import Settings


def test_a_problem_document_becomes_one_line():
    errors = [{"field": "text", "message": "too\nlong"}]
    document = {"title": "Invalid", "detail": "The request is wrong.", "code": "invalid", "errors": errors}
    error = problem_in(httpx.Response(422, json=document))
    assert type(error) is RequestRefused
    assert error.message == "The request is wrong. text: too long"
    assert error.code == "invalid"


def test_a_fault_that_is_the_whole_problem_is_told_once():
    said = "There is no connector for 'myspace'."
    document = {"code": "not_found", "detail": said, "errors": [{"field": "platform", "message": said}]}
    assert problem_in(httpx.Response(404, json=document)).message == said


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (503, Transient), (401, RequestRefused), (500, RequestRefused)]
)
def test_the_status_decides_the_kind(status, kind):
    assert type(problem_in(httpx.Response(status, json={"title": "No"}))) is kind


def test_an_answer_that_is_no_problem_document_is_still_one_line():
    assert problem_in(httpx.Response(502, text="<html>\nBad</html>")).message == "Bad Gateway"


def test_without_credentials_the_mend_is_named(tmp_path):
    with pytest.raises(NotConfigured) as caught:
        Client(Settings(home=tmp_path))
    assert "callsheet up" in caught.value.message


def test_without_a_gateway_the_mend_is_named(tmp_path):
    write_json(tmp_path / "credentials.json", {"url": "http://127.0.0.1:1", "api_key": "key"})
    with Client(Settings(home=tmp_path)) as client, pytest.raises(Transient) as caught:
        client.get("/api/scheduler/status")
    assert caught.value.message == "The gateway at http://127.0.0.1:1 does not answer. `callsheet up` starts it."
