"""What do end-to-end tests run on? Everything there is: gateway, dispatcher, keeper, pools, practice sites, Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from shared.settings import Settings
from tests.support.canaries import PLANTED, Canaries, plant
from tests.support.gateway import Gateway, serve
from tests.support.stack import QUICK, Stack, wait_for


@dataclass(frozen=True)
class Whole:
    """A whole Callsheet, and the way in."""

    stack: Stack
    gateway: Gateway

    def comment(self, text: str, *, platform: str = "instagram", post: int = 0, **more) -> dict:
        """Hand a comment over."""
        url = self.stack.posts(platform)[post]["url"]
        payload = {"post_url": url, "text": text}
        return self.gateway.submit({"type": "comment", "platform": platform, "account": "demo", "payload": payload, **more})

    def dm(self, text: str, *, platform: str = "tiktok", to: str = "maple_studio", **more) -> dict:
        """Hand a message over."""
        payload = {"to": to, "text": text}
        return self.gateway.submit({"type": "dm", "platform": platform, "account": "demo", "payload": payload, **more})

    def task(self, task_id: str) -> dict:
        """The task as it stands."""
        answer = self.gateway.http.get(f"/api/scheduler/task/{task_id}")
        answer.raise_for_status()
        return answer.json()

    def until(self, task_id: str, *statuses: str, seconds: float = 40) -> dict:
        """The task once it has one of these states."""

        def reached() -> dict | None:
            answer = self.gateway.http.get(f"/api/scheduler/task/{task_id}")
            if answer.status_code == 503:  # a database that is too busy just now; asked again
                return None
            answer.raise_for_status()
            task: dict = answer.json()
            return task if task["status"] in statuses else None

        return wait_for(f"task {task_id} is {' or '.join(statuses)}", reached, seconds=seconds)

    def arrived(self, text: str) -> int:
        """How often this text really arrived."""
        return sum(effect["text"] == text for effect in self.stack.truth())


@pytest.fixture(scope="module", autouse=True)
def canaries(tmp_path_factory) -> Iterator[Canaries]:
    """No secret of this file's tests is to be read anywhere, when they are over."""
    watch = Canaries()
    watch.add(PLANTED, "a planted canary")
    with watch.everywhere(tmp_path_factory.getbasetemp()):
        yield watch
    assert watch.seen == []


@pytest.fixture
def database(database: Settings, canaries: Canaries) -> Iterator[Settings]:
    """Settings for a fresh database of this test, which is looked through."""
    yield from _watched(database, canaries)


@pytest.fixture(scope="module")
def module_database(module_database: Settings, canaries: Canaries) -> Iterator[Settings]:
    """Settings for a fresh database of this file, which is looked through."""
    yield from _watched(module_database, canaries)


def _watched(settings: Settings, canaries: Canaries) -> Iterator[Settings]:
    canaries.add_home(settings)
    with canaries.listening(settings.redis_url):
        yield settings.model_copy(update={"egress_allowed": "127.0.0.0/8"})
    canaries.sweep_database(settings)


@pytest.fixture(scope="module")
def whole(module_database, free_port, tmp_path_factory) -> Iterator[Whole]:
    """Everything, once for each file."""
    settings = module_database.model_copy(update={**QUICK, "sandbox_port": free_port(), "log_format": "console"})
    stack = Stack(settings, tmp_path_factory.mktemp("stack"))
    with serve(settings) as gateway:
        try:
            stack.start_all(("system", "instagram", "tiktok"))
            plant(gateway)
            yield Whole(stack, gateway)
        finally:
            stack.stop_all()
