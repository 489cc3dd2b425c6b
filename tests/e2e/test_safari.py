"""Does the lane of a Mac's Safari do its tasks once, one at a time, and by one process at a time?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.e2e.conftest import Whole
from tests.support.gateway import serve
from tests.support.safari.mac import Mac, a_mac
from tests.support.stack import QUICK, Stack, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def mac() -> Iterator[Mac]:
    with a_mac() as mac:
        yield mac


@pytest.fixture(scope="module")
def studio(module_database, free_port, tmp_path_factory, mac) -> Iterator[Whole]:
    """Everything, with two workers for one Safari: started by mistake."""
    settings = module_database.model_copy(
        update={
            **QUICK,
            "sandbox_port": free_port(),
            "log_format": "console",
            "safari": "on",
            "lane_lease_s": 5.0,
            "call_begin_ms": 5000,
            "safari_idle_s": 2.0,
        }
    )
    stack = Stack(settings, tmp_path_factory.mktemp("stack"), environment=mac.environment)
    with serve(settings) as gateway:
        try:
            stack.start_all(("safari",))
            stack.processes["first"] = stack.processes.pop("safari")
            stack.start_pool("safari")
            wait_for("both workers are there", lambda: len(stack.query("SELECT id FROM workers")) == 2, seconds=60)
            stack.query("UPDATE accounts SET transport = 'safari'")
            yield Whole(stack, gateway)
        finally:
            stack.stop_all()


def test_two_workers_of_one_safari_do_everything_once_and_never_at_the_same_time(studio: Whole, mac: Mac):
    wanted = [
        studio.comment(f"Seen from {platform}, number {number}.", platform=platform, post=number)
        for number in range(3)
        for platform in ("instagram", "tiktok")
    ]
    wanted.append(studio.dm("Hello from a Mac.", platform="instagram"))

    done = [studio.until(task["id"], "completed", seconds=120) for task in wanted]

    texts = [task["payload"]["text"] for task in done]
    assert Counter(row["text"] for row in studio.stack.truth()) == Counter(texts)
    assert all(task["result"]["proof"] for task in done)
    by = _who_had_the_window(mac)
    assert len(set(by)) == 2
    assert any("dims" in words for words in mac.kept_awake)


def test_while_a_person_uses_the_mac_a_task_waits_and_says_why(studio: Whole, mac: Mac):
    mac.idle_for(0)

    def lane() -> dict:
        return studio.gateway.http.get("/api/scheduler/status").json()["lanes"][0]

    wait_for("both workers say that the lane rests", lambda: lane()["state"] == "resting", seconds=60)
    task = studio.comment("Seen when you had gone.", platform="instagram", post=1)
    gate = {"gate": "lane", "reason": "a person uses the Mac of safari.local", "until": None}
    wait_for("it waits", lambda: studio.task(task["id"])["waiting_for"] == [gate], seconds=60)
    assert lane()["reason"] == gate["reason"]
    assert studio.arrived("Seen when you had gone.") == 0
    mac.idle_for(1000)

    assert studio.until(task["id"], "completed", seconds=60)["retry_count"] == 0
    tried = studio.stack.query(f"SELECT outcome FROM attempts WHERE task_id = '{task['id']}'")
    assert len(tried) == 1  # it was not released until the lane had opened


def _who_had_the_window(mac: Mac) -> list[int]:
    """Who drove, session by session: from the site's first page until it was left nobody else sent anything."""
    log = mac.control("log")
    sessions: list[int] = []
    inside = False
    for before, event in pairwise([{"by": 0, "event": ""}, *log]):
        assert not inside or event["by"] == before["by"], (before, event)
        if event["event"] == "set_url":
            inside = event["address"] != "about:blank"
            sessions += [event["by"]] if inside else []
    return sessions
