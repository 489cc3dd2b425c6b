"""Is what can never be sent refused when it is ordered, as its platform counts, and never at its hour?"""

from __future__ import annotations

from typing import Any

import pytest

from shared.identity.bootstrap import bootstrap_local
from tests.support.gateway import Gateway

DISCLOSURE = "(written by AI)"
LATER = "2040-01-01T00:00:00Z"
POSTS = {
    "instagram": "/p/C70001/",
    "x": "/maple/status/70001",
    "threads": "/@maple/post/C70001",
    "tiktok": "/@maple/video/70001",
}


@pytest.fixture
def house(gateway: Gateway) -> Gateway:
    """A gateway with an account on every platform that counts in its own way."""
    bootstrap_local(gateway.settings, ("x", "threads"))
    return gateway


def comment(house: Gateway, platform: str, text: str, **more: Any) -> dict[str, Any]:
    url = f"http://127.0.0.1:{house.settings.sandbox_port}/{platform}{POSTS[platform]}"
    return {"type": "comment", "platform": platform, "account": "demo", "payload": {"post_url": url, "text": text}} | more


def dm(platform: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "dm", "platform": platform, "account": "demo", "payload": {"to": "maple", "text": text}} | more


def refused(answer: Any, code: str, field: str) -> str:
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert (problem["code"], problem["errors"][0]["field"]) == (code, field), problem
    return str(problem["detail"])


@pytest.mark.parametrize(
    ("platform", "text", "counted"),
    [("x", "漢" * 200, "400"), ("x", "😀" * 141, "282"), ("threads", "😀" * 126, "504"), ("tiktok", "a" * 151, "151")],
)
def test_a_comment_that_is_too_long_there_is_refused_as_it_is_ordered(
    house: Gateway, platform: str, text: str, counted: str
):
    answer = house.post("/api/scheduler/task", comment(house, platform, text))
    assert counted in refused(answer, "text_too_long", "payload.text")
    assert house.stored() == 0


@pytest.mark.parametrize(
    "text",
    [
        "a" * 250 + " https://example.com/" + "b" * 60,
        "👨‍👩‍👧‍👦" * 140,
        "漢" * 140,
    ],
    ids=["address", "families", "wide"],
)
def test_what_the_platform_takes_is_taken_however_many_characters_it_has(house: Gateway, text: str):
    assert house.submit(comment(house, "x", text))["payload"]["text"] == text


def test_a_message_is_counted_in_bytes_where_its_platform_counts_them(house: Gateway):
    refused(house.post("/api/scheduler/task", dm("instagram", "漢" * 400)), "text_too_long", "payload.text")
    house.submit(dm("instagram", "漢" * 333))
    house.submit(dm("tiktok", "漢" * 400))


def test_of_a_batch_with_one_that_can_never_be_sent_nothing_is_taken(house: Gateway):
    tasks = [dm("instagram", "Hello."), dm("instagram", "漢" * 400)]
    refused(house.post("/api/scheduler/tasks", {"tasks": tasks}), "text_too_long", "tasks[1].payload.text")
    assert house.stored() == 0


def test_a_change_and_an_edit_at_the_approval_are_measured_as_an_order_is(house: Gateway):
    task = house.submit(dm("instagram", "Hello.", author="ai", scheduled_for=LATER))
    path, longer = f"/api/scheduler/task/{task['id']}", {"to": "maple", "text": "漢" * 400}
    refused(house.http.patch(path, json={"payload": longer}), "text_too_long", "payload.text")
    word = {"payload_hash": task["payload_hash"], "payload": longer}
    refused(house.post(f"{path}/approve", word), "text_too_long", "payload.text")
    assert house.query("SELECT payload FROM tasks")[0]["payload"]["text"] == "Hello."


def test_a_schedule_of_what_can_never_be_sent_is_refused(house: Gateway):
    body = {"rule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "zone": "UTC", "task": comment(house, "x", "漢" * 200)}
    refused(house.post("/api/schedules", body), "text_too_long", "task.payload.text")


def test_a_reference_counts_as_the_shortest_result(house: Gateway):
    first = house.submit(dm("tiktok", "Hello."))["id"]
    reference = f"{{{{ tasks.{first}.result.external_url }}}}"
    house.submit(comment(house, "x", "a" * 250 + reference, dependencies=[first]))
    answer = house.post("/api/scheduler/task", comment(house, "x", "a" * 280 + reference, dependencies=[first]))
    refused(answer, "text_too_long", "payload.text")


def disclose(house: Gateway) -> None:
    [persona] = house.query("SELECT id FROM personas")
    house.http.patch(f"/api/personas/{persona['id']}", json={"disclosure": DISCLOSURE}).raise_for_status()


def test_what_ai_wrote_is_measured_as_it_will_be_sent(house: Gateway):
    disclose(house)
    fits = "a" * (280 - len(DISCLOSURE) - 1)
    house.submit(comment(house, "x", fits, author="ai"))
    refused(house.post("/api/scheduler/task", comment(house, "x", fits + "a", author="ai")), "text_too_long", "payload.text")
    house.submit(comment(house, "x", fits + "a"))


def test_the_texts_of_a_run_are_measured_as_they_will_be_said(house: Gateway):
    disclose(house)
    payload = {"query": "#clay", "texts": ["Fine.", "b" * 270 + " {author}"]}
    run = {"type": "comment_run", "platform": "x", "account": "demo", "payload": payload}
    house.submit(run)
    refused(house.post("/api/scheduler/task", run | {"author": "ai"}), "text_too_long", "payload.texts[1]")
    longer = payload | {"texts": ["Fine.", "b" * 279 + " {author}"]}
    refused(house.post("/api/scheduler/task", run | {"payload": longer}), "text_too_long", "payload.texts[1]")


def film(**payload: Any) -> dict[str, Any]:
    prompt = {"prompt": "Waves at dawn."}
    return {"type": "video", "platform": "sora", "account": "demo", "payload": prompt | payload}


@pytest.mark.parametrize(("payload", "field"), [({"seconds": 8}, "payload.seconds"), ({"aspect": "1:1"}, "payload.aspect")])
def test_a_film_that_its_maker_does_not_make_is_refused_at_its_field(house: Gateway, payload: dict[str, Any], field: str):
    said = refused(house.post("/api/scheduler/task", film(**payload)), "format_unsupported", field)
    assert "Sora makes 10, 15, 25 seconds in 16:9 or 9:16" in said


def test_a_film_that_another_maker_of_the_order_makes_is_taken(house: Gateway):
    house.submit(film(seconds=8, makers=["runway"]))
    house.submit(film(seconds=12, makers=["runway"]))  # as the nearest length that it makes
    answer = house.post("/api/scheduler/task", film(aspect="1:1", makers=["runway"]))
    refused(answer, "format_unsupported", "payload.aspect")


def test_what_nobody_could_see_is_refused_whatever_it_is_made_of(house: Gateway):
    answer = house.post("/api/scheduler/task", comment(house, "instagram", "\u180e\u0301"))
    assert answer.status_code == 422
