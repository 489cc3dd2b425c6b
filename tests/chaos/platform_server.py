"""What does a platform do to those who write to it? A small HTTP server whose truth is a log, fsynced before it answers.

Three platforms in one process: `keyed` takes the writer's key and makes nothing twice under one key, `searchable` lists
what was written, `blind` only answers. Each can be told to misbehave, for a number of calls.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

RETRY_AFTER_S = 2
SLOW_S = 2.5  # longer than a call may take, so that it arrives when nobody waits any more
TAKES_S = (0.02, 0.2)  # before the write, and again after it: whoever is killed meanwhile is killed on either side of it
LISTED_AFTER_S = 1.2  # under `listing_delayed`; less than any capability declares
HANGS_S = 30
LONG_S = 1.2  # a call under `long`: within the time that it may take
FAULTS = ("timeout_after_write", "error_after_write", "error_before_write", "rate_limited", "slow", "listing_delayed")


class Platform:
    """What arrived, and how the platform behaves now."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("a")
        self.rows: list[dict[str, Any]] = []
        self.struck: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._armed: dict[str, list[str]] = {}

    def arm(self, platform: str, fault: str, count: int) -> None:
        """Let the next calls go wrong."""
        self._armed[platform] = [fault] * count

    def next_fault(self, platform: str) -> str:
        """What goes wrong with this call; empty for nothing."""
        waiting = self._armed.get(platform)
        if not waiting:
            return ""
        self.struck[platform] += 1
        return waiting.pop()

    def find(self, **wanted: str) -> list[dict[str, Any]]:
        """Rows that are listed by now."""
        now = time.time()
        return [r for r in self.rows if r["listed_at"] <= now and all(r[name] == value for name, value in wanted.items())]

    def write(self, platform: str, body: dict[str, Any], *, listed_after_s: float) -> dict[str, Any]:
        """Make it real: in the log, on the disk, then in the list. A key that is known makes nothing."""
        at = time.time()
        known = next((r for r in self.rows if platform == "keyed" and r["key"] == body["key"] and not r["repeated"]), None)
        row = {
            **body,
            "platform": platform,
            "at": at,
            "listed_at": at + listed_after_s,
            "id": known["id"] if known else f"m{len(self.rows):06}",
            "repeated": known is not None,
        }
        self._log.write(json.dumps(row) + "\n")
        self._log.flush()
        os.fsync(self._log.fileno())
        self.rows.append(row)
        return row

    async def take(self, platform: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """One call that writes; answers status and body."""
        self.calls[platform] += 1
        try:
            return await self._take(platform, body)
        finally:
            self.calls[platform] -= 1

    async def _take(self, platform: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        fault = self.next_fault(platform)
        if fault == "rate_limited":
            return 429, {"retry_after": RETRY_AFTER_S}
        if fault == "error_before_write":
            return 503, {}
        if fault == "slow":
            await asyncio.sleep(SLOW_S)
        await asyncio.sleep(LONG_S if fault == "long" else random.uniform(*TAKES_S))
        row = self.write(platform, body, listed_after_s=LISTED_AFTER_S if fault == "listing_delayed" else 0)
        if fault in {"timeout_after_write", "listing_delayed"}:  # a delayed listing matters to nobody who has his answer
            await asyncio.sleep(HANGS_S)
        if fault == "error_after_write":
            return 502, {}
        await asyncio.sleep(random.uniform(*TAKES_S))
        return 201, {"id": row["id"]}

    async def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """Any request."""
        match method, path.strip("/").split("/"):
            case "GET", ["_truth"]:
                return 200, self.rows
            case "GET", ["_calls" | "_struck" as what]:
                return 200, self.calls if what == "_calls" else self.struck
            case "POST", ["_faults"]:
                self.arm(body["platform"], body["fault"], body["count"])
                return 200, {}
            case "GET", [platform, "messages"]:
                return 200, [{"id": r["id"], "text": r["text"]} for r in self.find(platform=platform, **query)]
            case "POST", [platform, "messages"]:
                return await self.take(platform, body)
            case _:
                return 404, {}


def serve(platform: Platform) -> Any:
    """The ASGI application."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        raw = b""
        while (message := await receive())["type"] == "http.request":
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        query = dict(parse_qsl(scope["query_string"].decode()))
        status, answer = await platform.answer(scope["method"], scope["path"], query, json.loads(raw or b"{}"))
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    asked = parser.parse_args()
    uvicorn.run(serve(Platform(asked.log)), host="127.0.0.1", port=asked.port, log_level="warning", lifespan="off")
