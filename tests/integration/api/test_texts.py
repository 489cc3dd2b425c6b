"""Is a text that people are shown, or that is sent outward, one in which something can be seen, however it comes?"""

from __future__ import annotations

from typing import Any

import pytest

from shared.validation import NO_NAME, SHOWS_NOTHING_FIRST, SHOWS_NOTHING_OR_STEERS
from tests.integration.api.test_bad_input import UNKNOWN, refused
from tests.support.gateway import Gateway, comment

TASK = f"/api/scheduler/task/{UNKNOWN}"
PERSONA: dict[str, Any] = {"name": "Maple", "voice": "casual", "disclosure": ""}
NAMES: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/api/personas", PERSONA, "name"),
    ("PATCH", f"/api/personas/{UNKNOWN}", {}, "name"),
    ("POST", "/api/notifications", {"target": "json://127.0.0.1/x"}, "name"),
    ("POST", "/api/keys", {"scopes": ["read"]}, "name"),
]
LINES: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/api/personas", PERSONA, "voice"),
    ("POST", "/api/personas", PERSONA, "disclosure"),
    ("PATCH", f"/api/personas/{UNKNOWN}", {}, "disclosure"),
]
TEXTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", f"{TASK}/reject", {}, "reason"),
    ("POST", f"{TASK}/resolve", {"outcome": "absent"}, "note"),
    ("POST", f"/api/hosts/{UNKNOWN}/gone", {}, "note"),
]
NOTHING = ["\u200b", "\u2800", "\u3164", "\u202e", "\ufeff\u200d", "\u3000", "\u2028", " "]


@pytest.fixture
def here(module_gateway: Gateway):
    before = module_gateway.stored()
    yield module_gateway
    assert module_gateway.stored() == before


def sent(here: Gateway, where: tuple[str, str, dict[str, Any], str], text: str) -> Any:
    method, path, body, field = where
    return here.http.request(method, path, json=body | {field: text})


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
@pytest.mark.parametrize("where", NAMES + LINES + TEXTS, ids=lambda one: f"{one[1]} {one[3]}")
def test_a_text_in_which_nothing_can_be_seen_is_refused_in_words(here: Gateway, where: Any, text: str):
    (error,) = refused(sent(here, where, text), 422, where[3])["errors"]
    assert error["message"] in {NO_NAME, SHOWS_NOTHING_FIRST, SHOWS_NOTHING_OR_STEERS}


@pytest.mark.parametrize("text", ["a\nb", "a\u2028b", "a\u202eb", "a\u2066b", "a\x1b[2Jb", "a\x00b", "a\x9bb"], ids=ascii)
@pytest.mark.parametrize("where", NAMES, ids=lambda one: f"{one[1]} {one[3]}")
def test_a_name_is_one_line_and_turns_nothing_that_is_shown_beside_it(here: Gateway, where: Any, text: str):
    refused(sent(here, where, text), 422, where[3])


@pytest.mark.parametrize("text", ["a\x1b[2J", "a\x07b", "a\x7f", "a\x9bb"], ids=ascii)
@pytest.mark.parametrize("where", LINES + TEXTS, ids=lambda one: f"{one[1]} {one[3]}")
def test_a_note_steers_no_terminal(here: Gateway, where: Any, text: str):
    refused(sent(here, where, text), 422, where[3])


def test_a_disclosure_turns_nothing_that_stands_behind_it(here: Gateway):
    refused(sent(here, LINES[1], "by AI \u202e"), 422, "disclosure")


@pytest.mark.parametrize("text", ["a\x1b[2J", "a\u202eb"], ids=ascii)
def test_an_order_a_change_and_a_schedule_name_the_text_that_does_not_go_out(gateway: Gateway, text: str):
    order = comment(gateway.settings)
    wrong = order | {"payload": order["payload"] | {"text": text}}
    refused(gateway.post("/api/scheduler/task", wrong), 422, "payload.text")
    refused(gateway.post("/api/scheduler/tasks", {"tasks": [order, wrong]}), 422, "tasks[1].payload.text")
    daily = {"rule": "FREQ=DAILY;BYHOUR=9", "zone": "UTC"}
    refused(gateway.post("/api/schedules", daily | {"task": wrong}), 422, "task.payload.text")
    path = f"/api/scheduler/task/{gateway.submit(order)['id']}"
    refused(gateway.http.patch(path, json={"payload": wrong["payload"]}), 422, "payload.text")


@pytest.mark.parametrize("where", NAMES + LINES + TEXTS, ids=lambda one: f"{one[1]} {one[3]}")
def test_a_text_of_a_megabyte_is_refused(here: Gateway, where: Any):
    refused(sent(here, where, "x" * 1_000_000), 422, where[3])


@pytest.mark.parametrize("name", ["Maple", "青い船", "قارب", "עמי\u200f 3", "👩\u200d🚀", "naïve", "a b"], ids=ascii)
def test_a_name_of_any_script_is_taken(gateway: Gateway, name: str):
    assert gateway.post("/api/personas", PERSONA | {"name": name}).json()["name"] == name


def test_line_breaks_are_read_as_people_see_them(gateway: Gateway):
    made = gateway.post("/api/personas", PERSONA | {"voice": "calm\r\nand dry", "disclosure": "written\rby AI"}).json()
    assert (made["voice"], made["disclosure"]) == ("calm\nand dry", "written\nby AI")
    entry = gateway.post("/api/do-not-contact", {"name": "someone", "reason": "asked\r\ntwice"}).json()
    assert entry["reason"] == "asked\ntwice"
    gateway.post("/api/do-not-contact/import", {"csv": 'name,reason\nother,"asked\r\ntwice"\n'})
    reasons = {one["name"]: one["reason"] for one in gateway.http.get("/api/do-not-contact").json()["items"]}
    assert reasons["other"] == "asked\ntwice"


@pytest.mark.parametrize("name", ["maple\nother", "maple\r\nother", "maple\x1b[2J", "maple\u2028other"], ids=ascii)
def test_two_names_in_one_are_nobody_and_refused(here: Gateway, name: str):
    for answer in (
        refused(here.post("/api/do-not-contact", {"name": name}), 409, "name"),
        refused(here.post("/api/do-not-contact/import", {"entries": [{"name": name}]}), 409, "line 1"),
        here.post("/api/do-not-contact/import", {"csv": f'name\n"{name}"\n'}).json(),
    ):
        assert answer["errors"][0]["message"].startswith("A name is one line")


@pytest.mark.parametrize("reason", ["", "\u200b", " \u2800 "], ids=ascii)
def test_a_reason_that_shows_nothing_is_the_usual_one(gateway: Gateway, reason: str):
    entry = gateway.post("/api/do-not-contact", {"name": "someone", "reason": reason}).json()
    assert entry["reason"] == "asked not to be contacted"
