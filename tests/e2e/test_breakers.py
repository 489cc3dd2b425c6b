"""When a whole site is away, is it left alone after a few failures, tried by one task, and all done once in the end?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Whole
from tests.support.canaries import plant
from tests.support.gateway import serve
from tests.support.stack import QUICK, Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def hasty(module_database, free_port, tmp_path_factory) -> Iterator[Whole]:
    """A Callsheet whose breakers open after two failures, for four seconds."""
    breaking = {"breaker_failures": 2, "breaker_shortest_s": 4.0, "sandbox_port": free_port(), "log_format": "console"}
    stack = Stack(module_database.model_copy(update=QUICK | breaking), tmp_path_factory.mktemp("stack"))
    with serve(stack.settings) as gateway:
        try:
            stack.start_all(("instagram",))
            plant(gateway)
            yield Whole(stack, gateway)
        finally:
            stack.stop_all()


def test_a_site_that_is_away_is_left_alone_then_tried_by_one_task_and_nothing_is_lost(hasty: Whole):
    posts = hasty.stack.posts("instagram")
    hasty.until(hasty.comment("Before the storm.")["id"], "completed")
    hasty.stack.stop("sandbox")

    def order(number: int) -> str:
        payload = {"post_url": posts[number % len(posts)]["url"], "text": f"After the storm, number {number}."}
        body = {"type": "comment", "platform": "instagram", "account": "demo", "max_retries": 10, "payload": payload}
        return hasty.gateway.submit(body)["id"]

    tasks = [order(number) for number in range(4)]

    def held() -> list[str]:
        gates = [gate for task in tasks for gate in hasty.task(task)["waiting_for"]]
        return [gate["reason"] for gate in gates if gate["gate"] == "connection" and "tries again at" in gate["reason"]]

    wait_for("the breaker is open", held)
    assert hasty.gateway.http.get("/api/resources/platforms").json()["items"][0]["state"] == "broken"
    longer = "SELECT 1 FROM breakers WHERE opened >= 2"
    wait_for("a trial has failed", lambda: hasty.stack.query(longer), seconds=40)
    tried = hasty.stack.query("SELECT count(*) AS n FROM attempts WHERE outcome = 'failed'")[0]["n"]
    assert tried <= 4  # two that opened it, what was out by then, and the trial

    hasty.stack.start_sandbox()
    for task in tasks:
        hasty.until(task, "completed", seconds=60)
    assert [hasty.arrived(f"After the storm, number {number}.") for number in range(4)] == [1, 1, 1, 1]
    assert hasty.stack.query("SELECT * FROM breakers") == []
