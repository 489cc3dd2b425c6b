"""Do videos wait for credits that a real browser reads, begin in order when they come, and let other work pass?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

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
            yield Studio(stack, gateway)
        finally:
            stack.stop_all()


def test_a_trilogy_waits_for_credits_and_begins_with_the_look_that_finds_them(studio: Studio):
    studio.show(0, refreshes_at=TOMORROW)
    found = studio.look()
    assert (found["known"], found["total"]) == (True, 0)
    assert datetime.fromisoformat(found["refreshes_at"]) == TOMORROW

    run = studio.gateway.post("/api/sora/queue-trilogy", {"trilogy": "first_contact", "account": "demo"}).json()
    setup, conflict, resolution = run["task_ids"]
    single = studio.gateway.submit(VIDEO)["id"]
    closed = studio.waits(setup)
    assert closed["reason"] == "needs 3 credits, 0 are left"
    assert datetime.fromisoformat(closed["until"]) == TOMORROW
    assert studio.waits(single)["reason"] == "needs 1 credits, 0 are left"

    studio.show(3)
    # The look itself stands in the same line as the videos that wait, and passes them.
    assert studio.look()["total"] == 3

    # Nobody can make videos yet, and the gate is open: it gets as far as saying so.
    assert studio.until(setup, "failed")["error"]["code"] == "not_configured"
    assert studio.until(conflict, "failed")["error"]["code"] == "dependency_failed"
    assert studio.until(resolution, "failed")["error"]["code"] == "dependency_failed"
    studio.until(single, "failed")
    assert studio.order_of(setup, single) == [setup, single]
    assert studio.gateway.query("SELECT state FROM runs") == [{"state": "failed"}]
    states = studio.gateway.query("SELECT state, count(*) AS n FROM credit_reservations GROUP BY state")
    assert states == [{"state": "released", "n": 4}]
    assert studio.gateway.http.get("/api/sora/credits").json()["available"] == 3


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
    studio.until(single, "failed")
