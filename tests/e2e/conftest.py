"""What do end-to-end tests run on? Everything there is: gateway, dispatcher, keeper, pools, practice sites, Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

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
            task = self.task(task_id)
            return task if task["status"] in statuses else None

        return wait_for(f"task is {' or '.join(statuses)}: {self.task(task_id)}", reached, seconds=seconds)

    def arrived(self, text: str) -> int:
        """How often this text really arrived."""
        return sum(effect["text"] == text for effect in self.stack.truth())


@pytest.fixture(scope="module")
def whole(module_database, free_port, tmp_path_factory) -> Iterator[Whole]:
    """Everything, once for each file."""
    settings = module_database.model_copy(update={**QUICK, "sandbox_port": free_port(), "log_format": "console"})
    stack = Stack(settings, tmp_path_factory.mktemp("stack"))
    with serve(settings) as gateway:
        try:
            stack.start_all(("system", "instagram", "tiktok"))
            yield Whole(stack, gateway)
        finally:
            stack.stop_all()
