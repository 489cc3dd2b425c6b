"""Who asks for work during chaos? Clients that repeat each request under the same key until it is answered."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from shared.identity.bootstrap import HANDLE
from tests.chaos.history import Asked
from tests.chaos.house import ACCOUNTS, BROWSED, LIMITED, PLATFORMS

CLIENTS = 4
TIMEOUT_S = 4.0
PAUSE_S = 0.2
SHARES = (4, 4, 2)  # of the platforms, in their order
PATIENT = 0.8  # of the requests; whether the others were heard is known only by what becomes of them
LATEST_S = 12.0  # how far in the future a task may be due
AGAIN = {409, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Request:
    """One request: when it is sent, its key, and what it asks for. Who is not patient gives up when no answer comes."""

    at: float
    key: str
    asked: tuple[Asked, ...]
    patient: bool = True


def browsed(seed: int, seconds: float, tasks: int) -> list[Request]:
    """What is asked of the account with a browser, one by one."""
    return [
        Request(
            seconds / tasks * place,
            f"chaos-{seed}-browsed-{place}",
            (Asked(f"chaos {seed} {BROWSED}{place}", BROWSED, HANDLE, 0),),
        )
        for place in range(tasks)
    ]


def requests(seed: int, seconds: float, tasks: int, limited: int) -> list[Request]:
    """What is asked for in a run: single tasks and batches, now and for later; `limited` of them by limited accounts."""
    order = random.Random(seed)
    found: list[Request] = []
    numbers = iter(range(tasks))
    left = tasks
    while left:
        size = min(left, 1 if order.random() < 0.6 else order.randint(4, 16))
        left -= size
        asked = tuple(_one(seed, next(numbers), order) for _ in range(size))
        found.append(Request(0, f"chaos-{seed}-{len(found)}", asked, patient=order.random() < PATIENT))
    slow = order.sample(range(tasks), limited)
    gap = seconds / len(found)
    return [
        replace(
            one, at=gap * place, asked=tuple(replace(a, account=LIMITED) if _number(a) in slow else a for a in one.asked)
        )
        for place, one in enumerate(found)
    ]


def _one(seed: int, number: int, order: random.Random) -> Asked:
    platform = order.choices(PLATFORMS, SHARES)[0]
    later = order.uniform(1, LATEST_S) if order.random() < 0.2 else None
    return Asked(f"chaos {seed} {number}", platform, order.choice(ACCOUNTS), 0, later)


def _number(asked: Asked) -> int:
    return int(asked.marker.rpartition(" ")[2])


class Load:
    """Sends the requests at their times, and keeps what was answered."""

    def __init__(self, url: str, api_key: str, wanted: list[Request]) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._sent: list[tuple[float, str, tuple[Asked, ...]]] = []
        self._wanted: queue.SimpleQueue[Request] = queue.SimpleQueue()
        for request in wanted:
            self._wanted.put(request)
        self.asked: dict[str, Asked] = {}
        self.refused: list[str] = []
        self.tries = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(CLIENTS)]

    def start(self) -> None:
        """Begin."""
        self._begun = time.time()
        for thread in self._threads:
            thread.start()

    def finish(self, seconds: float) -> None:
        """Let the clients get their answers, for so long at most."""
        ends = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0, ends - time.monotonic()))
        self._stop.set()

    @property
    def is_done(self) -> bool:
        """Whether everything was asked and answered."""
        return not any(thread.is_alive() for thread in self._threads)

    def _send_all(self) -> None:
        with httpx.Client(
            base_url=self._url, headers=self._headers, timeout=TIMEOUT_S, trust_env=False, verify=False
        ) as http:
            while not self._stop.is_set():
                try:
                    request = self._wanted.get_nowait()
                except queue.Empty:
                    return
                self._stop.wait(max(0, self._begun + request.at - time.time()))
                self._send(http, request)

    def _send(self, http: httpx.Client, request: Request) -> None:
        now = time.time()
        asked = [replace(a, at=now, scheduled_for=now + a.scheduled_for if a.scheduled_for else None) for a in request.asked]
        self.asked |= {a.marker: a for a in asked}
        self._sent.append((now, request.key, tuple(asked)))
        self._until_answered(http, request.key, asked, patient=request.patient)

    def submit_again(self, since: float) -> None:
        """Submit once more, under the same keys, all that was sent since then, answered or not."""
        with httpx.Client(
            base_url=self._url, headers=self._headers, timeout=TIMEOUT_S, trust_env=False, verify=False
        ) as http:
            for at, key, asked in list(self._sent):
                if at >= since:
                    self._until_answered(http, key, asked, patient=True)

    def _until_answered(self, http: httpx.Client, key: str, asked: Sequence[Asked], *, patient: bool) -> None:
        while not self._stop.is_set():
            answer = self._post(http, asked, key)
            if answer is not None and answer.status_code == httpx.codes.CREATED:
                ids = [answer.json()["id"]] if len(asked) == 1 else answer.json()["ids"]
                self.asked |= {a.marker: replace(a, ids=(i,)) for a, i in zip(asked, ids, strict=True)}
                return
            if answer is not None and _is_over(answer):
                # Nothing of it is stored: whoever still wants it asks for it at once, as the answer says.
                asked = [replace(a, scheduled_for=None) for a in asked]
                continue
            if answer is not None and answer.status_code not in AGAIN:
                self.refused.append(f"{answer.status_code} {answer.text[:300]}")
                return
            if not patient:
                return
            self._stop.wait(PAUSE_S)

    def _post(self, http: httpx.Client, asked: Sequence[Asked], key: str) -> httpx.Response | None:
        bodies = [_body(a) for a in asked]
        path, body = ("task", bodies[0]) if len(bodies) == 1 else ("tasks", {"tasks": bodies})
        self.tries += 1
        try:
            return http.post(f"/api/scheduler/{path}", json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return None


def _is_over(answer: httpx.Response) -> bool:
    """Whether a time that was asked for has passed meanwhile, and the request is refused for that."""
    return answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY and answer.json().get("code") == "past"


def _body(asked: Asked) -> dict[str, Any]:
    due = (
        {}
        if asked.scheduled_for is None
        else {"scheduled_for": datetime.fromtimestamp(asked.scheduled_for, UTC).isoformat()}
    )
    return {
        "type": "dm",
        "platform": asked.platform,
        "account": asked.account,
        "max_retries": 10,
        "payload": {"to": "maple_studio", "text": asked.marker},
        **due,
    }
