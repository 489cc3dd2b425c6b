"""Do videos wait for credits that a real browser reads, begin in order when they come, and let other work pass?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.canaries import plant
from tests.support.gateway import Gateway, serve
from tests.support.stack import QUICK, Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(180)]

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
VIDEO = {
    "type": "video",
    "platform": "sora",
    "account": "demo",
    "resources": {"credits": 1},
    "payload": {"prompt": "A lighthouse at dawn."},
}


class Studio:
    """A Callsheet that serves Sora's lane, and the way in."""

    def __init__(self, stack: Stack, gateway: Gateway) -> None:
        self.stack = stack
        self.gateway = gateway

    def show(self, free: int, refreshes_at: datetime | None = None) -> None:
        """Let the page say so many free credits."""
        stand = {"platform": "sora", "free": free, "paid": 0, "refreshes_at": refreshes_at and refreshes_at.isoformat()}
        httpx.post(f"{self.stack.sandbox_url}/_control/credits", json=stand).raise_for_status()

    def pace(self, **pace: float) -> None:
        """Say how films are made."""
        httpx.post(f"{self.stack.sandbox_url}/_control/videos", json={"platform": "sora", **pace}).raise_for_status()

    def ordered(self) -> list[dict[str, Any]]:
        """The films that were really ordered."""
        return [effect for effect in self.stack.truth() if effect["kind"] == "video"]

    def look(self) -> dict[str, Any]:
        """Have the page read, and answer what is known then."""
        task = self.gateway.post("/api/sora/credits/check").json()
        self.until(task["id"], "completed")
        found: dict[str, Any] = self.gateway.http.get("/api/sora/credits").json()
        return found

    def task(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.gateway.http.get(f"/api/scheduler/task/{task_id}").json()
        return found

    def until(self, task_id: str, status: str) -> dict[str, Any]:
        """The task once it has this state."""
        wait_for(f"task is {status}: {self.task(task_id)}", lambda: self.task(task_id)["status"] == status, seconds=40)
        return self.task(task_id)

    def waits(self, task_id: str) -> dict[str, Any]:
        """What a task says about credits, once it is parked and stands in nobody's way."""
        parked = "SELECT id FROM tasks WHERE id = %(id)s AND wake_key IS NOT NULL"
        wait_for("the task is parked", lambda: self.gateway.query(parked, id=task_id))
        return next(gate for gate in self.task(task_id)["waiting_for"] if gate["gate"] == "credits")

    def order_of(self, *task_ids: str) -> list[str]:
        """In which order tasks were released."""
        found = self.gateway.query(
            "SELECT task_id::text AS id FROM task_events WHERE type = 'task.queued' AND task_id = ANY (%(ids)s::uuid[])"
            " ORDER BY seq",
            ids=list(task_ids),
        )
        return [row["id"] for row in found]


@pytest.fixture(scope="module")
def studio(module_database, free_port, tmp_path_factory) -> Iterator[Studio]:
    settings = module_database.model_copy(update={**QUICK, "sandbox_port": free_port(), "log_format": "console"})
    stack = Stack(settings, tmp_path_factory.mktemp("stack"))
    with serve(settings) as gateway:
        try:
            stack.start_all(("sora",))
            plant(gateway)
            yield Studio(stack, gateway)
        finally:
            stack.stop_all()


def test_a_trilogy_waits_for_credits_is_made_and_fetched_and_lets_other_work_of_its_lane_pass(studio: Studio):
    studio.pace(queued_s=0.5, made_in_s=2.0, at_once=3)
    studio.show(1, refreshes_at=TOMORROW)
    found = studio.look()
    assert (found["known"], found["total"]) == (True, 1)
    assert datetime.fromisoformat(found["refreshes_at"]) == TOMORROW

    run = studio.gateway.post("/api/sora/queue-trilogy", {"trilogy": "first_contact", "account": "demo"}).json()
    setup, conflict, resolution = run["task_ids"]
    closed = studio.waits(setup)
    assert closed["reason"] == f"needs 3 credits, has 1, refreshes {TOMORROW:%Y-%m-%d} 00:00 UTC"
    assert datetime.fromisoformat(closed["until"]) == TOMORROW
    assert studio.ordered() == []

    studio.show(3)
    # The look itself stands in the same line as the videos that wait, and passes them.
    assert studio.look()["total"] == 3
    studio.until(setup, "completed")
    other = studio.gateway.submit({"type": "probe", "payload": {"lane": f"chromium.{studio.stack.settings.host_name}.sora"}})
    studio.until(other["id"], "completed")
    assert studio.task(resolution)["status"] != "completed"

    parts = [studio.until(part, "completed") for part in (setup, conflict, resolution)]
    assert studio.order_of(setup, conflict, resolution)[0] == setup
    assert [row["text"] for row in studio.ordered()] == [part["payload"]["prompt"] for part in parts]
    for part in parts:
        result = part["result"]
        assert (result["maker"], result["seconds"]) == ("sora", 10.0)
        assert result["external_id"] in result["external_url"]
        file = studio.gateway.http.get(f"/api/media/{result['media_id']}")
        assert file.headers["content-type"] == "video/mp4"
        assert file.content[4:8] == b"ftyp"
    assert studio.gateway.query("SELECT state FROM runs") == [{"state": "completed"}]
    states = studio.gateway.query("SELECT state, count(*) AS n FROM credit_reservations GROUP BY state")
    assert states == [{"state": "spent", "n": 3}]
    assert studio.look()["total"] == 0


def test_a_download_that_breaks_off_is_repeated_and_the_order_is_not(studio: Studio):
    studio.show(3)
    studio.look()
    before = len(studio.ordered())
    studio.stack.fault("sora", "download_cut")

    video = studio.until(studio.gateway.submit(VIDEO)["id"], "completed")

    assert len(studio.ordered()) == before + 1
    [film] = studio.gateway.query(
        "SELECT t.retry_count FROM tasks t JOIN task_dependencies d ON d.depends_on_id = t.id WHERE d.task_id = %(id)s",
        id=video["id"],
    )
    assert film["retry_count"] == 1


def test_what_the_maker_refuses_or_fails_at_is_told_in_its_words(studio: Studio):
    studio.show(3)
    studio.look()
    refused, failed = (
        studio.gateway.submit({**VIDEO, "payload": {"prompt": prompt}})["id"]
        for prompt in ("A celebrity at dawn.", "A dawn in the style of somebody.")
    )

    assert studio.until(refused, "failed")["error"]["code"] == "text_refused"
    told = studio.until(failed, "failed")["error"]
    assert told["code"] == "text_refused"
    assert "third-party content" in told["message"]
    effects = studio.gateway.query(
        "SELECT outcome FROM effects WHERE task_id = ANY (%(ids)s::uuid[])", ids=[refused, failed]
    )
    assert sorted(effect["outcome"] for effect in effects) == ["confirmed", "refused"]


def test_a_page_that_cannot_be_read_is_unknown_with_evidence_and_an_event(studio: Studio):
    studio.show(3)
    studio.stack.fault("sora", "layout_changed")

    found = studio.look()

    assert (found["known"], found["total"], found["available"]) == (False, None, None)
    single = studio.gateway.submit(VIDEO)["id"]
    assert studio.waits(single)["reason"] == "credits are unknown: the page could not be read"
    events = studio.gateway.query("SELECT type FROM task_events WHERE type LIKE 'credits.%%' ORDER BY seq DESC LIMIT 1")
    assert events == [{"type": "credits.unknown"}]
    assert list((studio.stack.settings.home / "evidence").glob("*/page.html"))

    assert studio.look()["known"]
    studio.until(single, "completed")
