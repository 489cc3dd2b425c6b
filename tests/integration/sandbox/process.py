"""How does a test start a sandbox process of its own, and talk to it?"""

from __future__ import annotations

import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
COMMENT_PATH = {"instagram": "/instagram/api/comments", "tiktok": "/tiktok/api/comment/publish/"}
MESSAGE_PATH = {"instagram": "/instagram/api/messages", "tiktok": "/tiktok/v1/message/send"}


class Sandbox:
    """A sandbox process of its own, and how a test talks to it."""

    def __init__(self, data: Path) -> None:
        """Start it on a free port and wait for the line that names its address."""
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.url = line.removeprefix("sandbox: ").strip().rstrip("/")
        assert self.url.startswith("http://127.0.0.1:"), line
        self._posts: dict[str, list[dict[str, str]]] = {}
        self.http = httpx.Client(base_url=self.url, timeout=5, trust_env=False, verify=False)

    def get(self, path: str) -> Any:
        """Answer the JSON of a path."""
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def effects(self, query: str = "") -> list[dict[str, str]]:
        """Answer the truth."""
        found: list[dict[str, str]] = self.get(f"/_truth/effects?{query}")
        return found

    def post(self, platform: str, number: int = 0) -> dict[str, str]:
        """Answer a seeded post."""
        if platform not in self._posts:
            self._posts[platform] = self.get(f"/_truth/posts?platform={platform}")
        return self._posts[platform][number]

    def arm(self, platform: str, fault: str, **more: float) -> None:
        """Arm a fault."""
        answer = self.http.post("/_control/faults", json={"platform": platform, "fault": fault, **more})
        assert answer.status_code == 201, answer.text

    def comment(self, platform: str, text: str, mutation: str = "", **more: Any) -> httpx.Response:
        """Send what a page's script sends for one click on Post."""
        body = {"target": self.post(platform)["id"], "text": text, "mutation": mutation or str(uuid.uuid4())}
        return self.http.post(COMMENT_PATH[platform], json=body, **more)

    def message(self, platform: str, to: str, text: str) -> httpx.Response:
        """Send what a page's script sends for one click on Send."""
        body = {"target": to, "text": text, "mutation": str(uuid.uuid4())}
        return self.http.post(MESSAGE_PATH[platform], json=body)

    def comments(self, platform: str) -> list[dict[str, str]]:
        """Answer what the first post's page lists."""
        post = self.post(platform)["id"]
        path = {"instagram": f"/instagram/api/post/{post}", "tiktok": f"/tiktok/api/comment/list/?aweme_id={post}"}
        found: list[dict[str, str]] = self.get(path[platform])["comments"]
        return found

    def end(self) -> None:
        """End the process, however it stands."""
        self.http.close()
        self.process.kill()
        self.process.wait(5)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def running(data: Path) -> Iterator[Sandbox]:
    """Run a sandbox for a while."""
    sandbox = Sandbox(data)
    try:
        yield sandbox
    finally:
        sandbox.end()
