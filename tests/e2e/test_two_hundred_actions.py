"""Are comments and messages on all platforms each done once, with proof, when every tenth of them meets a fault?

`make test` does thirty of them; `make actions` does 100 comments and 100 messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

import httpx
import pytest

from shared.identity.bootstrap import bootstrap_local
from tests.e2e.conftest import Whole
from tests.support.canaries import plant
from tests.support.gateway import serve
from tests.support.stack import QUICK, Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

PLATFORMS = ("instagram", "threads", "tiktok", "x")
# Threads has no messages, so it gets more of the comments: each pool has about the same to do.
COMMENTS_ON = ("threads", "instagram", "threads", "tiktok", "x")
MESSAGES_ON = ("instagram", "tiktok", "x")
MOST_S_EACH = 4.0  # far more than an action takes on a loaded machine, with all that its faults cost
FAULT_EVERY = 10
# What each site does wrong, one after another, from its first action on. A wall or a block waits for a person.
FAULTS = {
    "instagram": ("timeout_after_write", "challenge", "error_before_write", "slow", "listing_delayed"),
    "threads": ("error_before_write", "listing_delayed", "timeout_after_write", "slow"),
    "tiktok": ("listing_delayed", "timeout_after_write", "logged_out", "rate_limited", "error_before_write"),
    "x": ("challenge", "error_before_write", "action_blocked", "timeout_after_write", "slow"),
}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def everywhere(module_database, free_port, tmp_path_factory) -> Iterator[Whole]:
    """Everything, with a pool for each platform that can be commented on in a browser."""
    settings = module_database.model_copy(update={**QUICK, "sandbox_port": free_port(), "log_format": "console"})
    stack = Stack(settings, tmp_path_factory.mktemp("stack"), traced=False)
    with serve(settings) as gateway:
        bootstrap_local(settings, PLATFORMS)
        try:
            stack.start_all(PLATFORMS)
            plant(gateway)
            yield Whole(stack, gateway)
        finally:
            stack.stop_all()


@pytest.fixture(scope="session")
def actions(pytestconfig: pytest.Config) -> int:
    """How many actions are asked for, half of them messages."""
    number: int = pytestconfig.getoption("--actions")
    return number


@dataclass
class Weather:
    """Trouble on each site at every tenth of its actions, and a person who sees to what only a person can."""

    whole: Whole
    wanted: Counter[str]
    armed: Counter[str] = field(default_factory=Counter)
    resumed: Counter[str] = field(default_factory=Counter)

    def blow(self) -> bool:
        """Arm what is due, see to accounts that wait for a person; whether everything is done."""
        rows = self.whole.stack.query("SELECT platform, count(*) AS n FROM tasks WHERE status = 'completed' GROUP BY 1")
        done = Counter({row["platform"]: row["n"] for row in rows})
        for platform, wanted in self.wanted.items():
            if self.armed[platform] < self.due(wanted) and done[platform] >= self.armed[platform] * FAULT_EVERY:
                self.whole.stack.fault(platform, FAULTS[platform][self.armed[platform]])
                self.armed[platform] += 1
        for account in self.whole.gateway.http.get("/api/accounts").json()["items"]:
            if account["state"] in {"paused", "blocked"}:
                self.whole.gateway.post(f"/api/accounts/{account['platform']}/demo/resume").raise_for_status()
                self.resumed[account["code"]] += 1
        return done == self.wanted

    @staticmethod
    def due(wanted: int) -> int:
        """How many of so many actions meet a fault."""
        return round(wanted / FAULT_EVERY)


def order(whole: Whole, number: int) -> Counter[str]:
    """Hand over so many actions, half of them messages; how many on each platform."""
    posts = {platform: cycle(whole.stack.posts(platform)) for platform in PLATFORMS}
    people = cycle(httpx.get(f"{whole.stack.sandbox_url}/_truth/people", params={"platform": "x"}).json())
    tasks: list[dict[str, Any]] = [
        task("comment", platform, post_url=next(posts[platform])["url"], text=f"Comment {n} of {number}.")
        for n, platform in enumerate(islice(cycle(COMMENTS_ON), number // 2))
    ]
    tasks += [
        task("dm", platform, to=next(people)["handle"], text=f"Message {n} of {number}.")
        for n, platform in enumerate(islice(cycle(MESSAGES_ON), number // 2))
    ]
    answer = whole.gateway.post("/api/scheduler/tasks", {"tasks": tasks})
    assert len(answer.raise_for_status().json()["ids"]) == number
    return Counter(one["platform"] for one in tasks)


def task(kind: str, platform: str, **payload: str) -> dict[str, Any]:
    """One task of the practice account."""
    return {"type": kind, "platform": platform, "account": "demo", "max_retries": 10, "payload": payload}


def ledger(whole: Whole) -> list[dict[str, Any]]:
    """All that the ledger says was really done, page by page."""
    found, query = [], {"outcome": "confirmed", "limit": 100}
    while True:
        page = whole.gateway.http.get("/api/effects", params=query).raise_for_status().json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def test_every_action_arrives_once_with_proof_while_a_tenth_of_them_meets_a_fault(everywhere: Whole, actions: int):
    weather = Weather(everywhere, order(everywhere, actions))

    wait_for("everything is done", weather.blow, seconds=30 + MOST_S_EACH * actions, every=0.25)

    arrived = everywhere.stack.truth()
    assert (len(arrived), len({row["text"] for row in arrived})) == (actions, actions)
    assert Counter(row["kind"] for row in arrived) == {"comment": actions // 2, "dm": actions // 2}
    confirmed = ledger(everywhere)
    assert {(row["platform"], row["id"]) for row in arrived} == {(e["platform"], e["external_id"]) for e in confirmed}
    assert len(confirmed) == actions
    for effect in confirmed:
        assert everywhere.gateway.http.get(effect["proof_url"]).raise_for_status().content.startswith(PNG), effect
    # Every fault that was armed has struck.
    assert httpx.get(f"{everywhere.stack.sandbox_url}/_control/faults").json() == []
    assert sum(weather.armed.values()) * FAULT_EVERY >= 0.9 * actions
    assert weather.resumed["challenge"] >= 1
