"""What do makers of videos answer that are called by their APIs? Real servers on loopback, as strict as the documents.

A field, header or query that the protocol does not have is refused. A film is queued at the first look, being made at the
second and there at the third. `trouble` is what happens to the next orders, in turn.
"""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from sandbox.sora.films import file_of

KEY = "key-of-the-test"
LOOKS = 2  # at which a film is not made yet


@dataclass
class Maker:
    """One maker, what was ordered there, and what comes next. `errors` names what was sent against the protocol."""

    port: int = 0
    orders: list[dict[str, Any]] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    balance: object = 120

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def find(self, order: str) -> dict[str, Any] | None:
        """An order by its id."""
        return next((one for one in self.orders if one["id"] == order), None)

    def look(self, order: str) -> int:
        """How often it was looked at, with this time."""
        self.looks[order] = self.looks.get(order, 0) + 1
        return self.looks[order]

    def next_trouble(self) -> str:
        """What happens to this order; empty for nothing."""
        return self.trouble.pop(0) if self.trouble else ""


class Handler(BaseHTTPRequestHandler):
    """What both have in common."""

    protocol_version = "HTTP/1.1"
    maker: ClassVar[Maker]
    silent: ClassVar[threading.Event]

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def parts(self) -> tuple[str, dict[str, str]]:
        """The path and the query."""
        there = urlsplit(self.path)
        return there.path, {name: values[-1] for name, values in parse_qs(there.query).items()}

    def say(self, status: int, body: object, **headers: str) -> None:
        """Answer JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        kind = "video/mp4" if isinstance(body, bytes) else "application/json"
        for name, value in {"content-type": kind, "content-length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def wrong(self, why: str) -> None:
        """Refuse what is not in the protocol, and remember it."""
        self.maker.errors.append(f"{self.command} {self.path}: {why}")
        self.refuse(400, why)

    def refuse(self, status: int, why: str, **headers: str) -> None:
        """Refuse in the maker's own form."""
        raise NotImplementedError

    def may(self) -> bool:
        """Whether the key is right."""
        if self.headers.get("authorization") == f"Bearer {KEY}":
            return True
        self.refuse(401, "Incorrect API key provided.")
        return False

    def body(self) -> bytes:
        """What was sent."""
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def take(self, order: dict[str, Any]) -> bool:
        """Do what trouble says, or take the order; true where it is to be answered."""
        trouble = self.maker.next_trouble()
        if trouble in {"429", "500", "400", "402"}:
            self.refuse(int(trouble), "This prompt is refused." if trouble == "400" else "Not now.", retry_after="30")
            return False
        self.maker.orders.append(order)
        if trouble == "silent":
            self.close_connection = True
            return False
        return True


class VideosProtocol(Handler):
    """`/v1/videos`."""

    FIELDS = frozenset({"prompt", "model", "seconds", "size", "input_reference"})
    SIZES = frozenset({"720x1280", "1280x720", "1024x1792", "1792x1024"})

    def refuse(self, status: int, why: str, **headers: str) -> None:
        """As OpenAI's errors are."""
        kind = "invalid_request_error" if status < 500 else "server_error"
        self.say(status, {"error": {"message": why, "type": kind, "param": None, "code": None}}, **headers)

    def do_POST(self) -> None:
        """Take an order."""
        body = self.body()
        if not self.may():
            return None
        fields = self._fields(body)
        if self.path != "/v1/videos" or fields is None:
            return self.wrong("no such order")
        if strangers := fields.keys() - self.FIELDS:
            return self.wrong(f"unknown: {sorted(strangers)}")
        if not fields.get("prompt") or fields.get("seconds") not in {"4", "8", "12"} or fields.get("size") not in self.SIZES:
            return self.wrong(f"not in the protocol: {fields}")
        if fields.get("model") != "wan-2":
            return self.refuse(404, "The model does not exist.")
        order = {"id": f"video_{uuid.uuid4().hex}", **fields}
        if self.take(order):
            self.say(200, self._shown(order, 0))
        return None

    def _fields(self, body: bytes) -> dict[str, str] | None:
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/json"):
            return dict(json.loads(body))
        if not kind.startswith("multipart/form-data"):
            return None
        message = BytesParser().parsebytes(f"content-type: {kind}\r\n\r\n".encode() + body)
        found = {}
        for part in message.get_payload():
            name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]  # parts are messages
            found[str(name)] = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        return found

    def do_GET(self) -> None:
        """List, describe, or hand a film over."""
        if not self.may():
            return None
        path, query = self.parts()
        _, _, name, *rest = [*path.split("/"), "", ""][:5]
        if name != "videos" or query.keys() - {"limit", "after", "order", "variant"}:
            return self.wrong("no such address")
        if not rest[0]:
            return self._list(query)
        order = self.maker.find(rest[0])
        if order is None:
            return self.refuse(404, "Video not found.")
        if rest[1] == "content":
            return self.say(
                200, asyncio.run(file_of(f"{order['seconds']} s {'9:16' if order['size'] == '720x1280' else '16:9'}"))
            )
        return self.say(200, self._shown(order, self.maker.look(order["id"])))

    def _list(self, query: dict[str, str]) -> None:
        rows = [self._shown(one, 0) for one in reversed(self.maker.orders)]
        ids = [row["id"] for row in rows]
        rows = rows[ids.index(query["after"]) + 1 :] if query.get("after") in ids else rows
        limit = int(query.get("limit", 20))
        shown = rows[:limit]
        ends = {"first_id": shown[0]["id"], "last_id": shown[-1]["id"]} if shown else {"first_id": None, "last_id": None}
        self.say(200, {"object": "list", "data": shown, "has_more": len(rows) > limit, **ends})

    def _shown(self, order: dict[str, Any], looks: int) -> dict[str, Any]:
        status = ("queued", "queued", "in_progress")[max(0, looks)] if looks <= LOOKS else "completed"
        error = None
        if looks > LOOKS and "forbidden fruit" in order["prompt"]:
            status, error = "failed", {"code": "moderation_blocked", "message": "Your request was blocked."}
        return {
            "id": order["id"], "object": "video", "model": order["model"], "status": status, "progress": 40 * (looks > 1),
            "created_at": 1, "completed_at": None, "expires_at": None, "size": order["size"], "seconds": order["seconds"],
            "prompt": order["prompt"], "remixed_from_video_id": None, "error": error,
        }  # fmt: skip


class RunwayProtocol(Handler):
    """Runway's API."""

    FIELDS = frozenset({"model", "promptText", "ratio", "duration", "seed", "contentModeration"})

    def refuse(self, status: int, why: str, **headers: str) -> None:
        """As Runway's errors are."""
        self.say(status, {"error": why, "issues": [], "docUrl": "https://docs.dev.runwayml.com"}, **headers)

    def _fits(self) -> bool:
        if not self.may():
            return False
        if self.headers.get("x-runway-version") != "2024-11-06":
            self.wrong("the version is missing")
            return False
        return True

    def do_POST(self) -> None:
        """Take an order."""
        body = self.body()
        if not self._fits():
            return None
        if self.path != "/v1/text_to_video" or self.headers.get("content-type") != "application/json":
            return self.wrong("no such order")
        fields = json.loads(body)
        if strangers := fields.keys() - self.FIELDS:
            return self.wrong(f"unknown: {sorted(strangers)}")
        whole = isinstance(fields.get("duration"), int) and 2 <= fields["duration"] <= 10
        if (
            not whole
            or fields.get("ratio") not in {"1280:720", "720:1280"}
            or not 1 <= len(fields.get("promptText", "")) <= 1000
        ):
            return self.wrong(f"not in the protocol: {fields}")
        if fields.get("model") != "gen4.5":
            return self.refuse(400, "Validation of body failed: model")
        order = {"id": str(uuid.uuid4()), **fields}
        if self.take(order):
            self.say(200, {"id": order["id"]})
        return None

    def do_GET(self) -> None:
        """Describe a task or the organization, or hand a film over to whoever has its address."""
        path, _ = self.parts()
        if path.startswith("/files/"):
            if self.headers.get("authorization"):
                return self.wrong("the key was sent to the host of the files")
            order = self.maker.find(path.removeprefix("/files/"))
            assert order is not None
            aspect = "9:16" if order["ratio"] == "720:1280" else "16:9"
            return self.say(200, asyncio.run(file_of(f"{order['duration']} s {aspect}")))
        if not self._fits():
            return None
        if path == "/v1/organization":
            return self.say(200, {"creditBalance": self.maker.balance, "tier": {}, "usage": {}})
        order = self.maker.find(path.removeprefix("/v1/tasks/"))
        if order is None:
            return self.refuse(404, "There is no such task.")
        return self.say(200, self._shown(order, self.maker.look(order["id"])))

    def _shown(self, order: dict[str, Any], looks: int) -> dict[str, Any]:
        about = {"id": order["id"], "createdAt": "2026-11-21T00:00:00Z"}
        if looks <= LOOKS:
            return about | ({"status": "THROTTLED"} if looks == 1 else {"status": "RUNNING", "progress": 0.4})
        if "forbidden fruit" in order["promptText"]:
            return about | {"status": "FAILED", "failure": "Not this.", "failureCode": "SAFETY.INPUT.TEXT"}
        return about | {"status": "SUCCEEDED", "output": [f"{self.maker.url}/files/{order['id']}"], "cost": {"credits": 5}}


@contextmanager
def maker(protocol: type[Handler]) -> Iterator[Maker]:
    """A maker that ends with the test."""
    here = Maker()
    handler = type("Here", (protocol,), {"maker": here})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    here.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
