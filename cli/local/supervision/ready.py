"""When is each part of a local home ready?"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cli.local.address import flower_url, gateway_url, sandbox_url
from cli.local.house import House
from cli.local.supervision.founding import Tell
from cli.local.supervision.parts import POOL_PREFIX
from cli.local.supervision.supervisor import LISTENING, STARTS_LATER, State, Supervisor
from shared.errors import Transient

# A part that has ended this often will not start by itself; once may be an accident.
HOPELESS = 3
STEP_S = 0.1
ENDED = {"EXITED", "BACKOFF", "FATAL"}


@dataclass
class _Survey:
    """The results of one look at the home; each question is asked at most once a look."""

    house: House
    http: httpx.Client
    states: dict[str, State]
    _status: dict[str, Any] | None = field(default=None, init=False)

    def answers(self, url: str, *, only_ok: bool = False) -> bool:
        with suppress(httpx.TransportError):
            return self.http.get(url).status_code == httpx.codes.OK or not only_ok
        return False

    def status(self) -> dict[str, Any]:
        if self._status is None:
            self._status = {}
            with suppress(httpx.TransportError, ValueError):
                answer = self.http.get(
                    f"{gateway_url(self.house.settings)}/api/scheduler/status",
                    headers={"Authorization": f"Bearer {self.house.api_key}"},
                )
                self._status = answer.json() if answer.is_success else {}
        return self._status

    def is_ready(self, name: str) -> bool:
        if self.states[name].word == LISTENING:
            return True  # to ask it would start it
        settings = self.house.settings
        special: dict[str, Callable[[], bool]] = {
            "sandbox": lambda: self.answers(sandbox_url(settings)),
            "gateway": lambda: self.answers(f"{gateway_url(settings)}/readyz", only_ok=True),
            # Its pages ask every worker first, which takes seconds.
            "flower": lambda: self.answers(f"{flower_url(settings)}/healthcheck"),
            "beat": lambda: bool((self.status().get("dispatcher") or {}).get("leader")),
        }
        if name in special:
            return special[name]()
        if name.startswith(POOL_PREFIX):
            return self.pool_is_ready(name.removeprefix(POOL_PREFIX))
        return self.states[name].word == "RUNNING"

    def refusals(self) -> str:
        """Return what the gateway itself finds wrong; "" where it finds nothing or does not answer."""
        with suppress(httpx.TransportError, ValueError):
            checks = self.http.get(f"{gateway_url(self.house.settings)}/readyz").json().get("checks") or {}
            wrong = [name for name, word in checks.items() if word != "ok"]
            return f"the gateway finds wrong: {', '.join(wrong)}" if wrong else ""
        return ""

    def pool_is_ready(self, pool: str) -> bool:
        """Return whether a pool serves the lane of its name, or those of its platform: `api.x`, `chromium.local.x`."""
        lanes = self.status().get("lanes") or []
        return any(lane["workers"] for lane in lanes if lane["name"].rpartition(".")[2] == pool)


def wait_until_ready(house: House, tell: Tell, *, seconds: float) -> None:
    """Wait until every part is ready, and report each as it gets there.

    Raises:
        Transient: a part did not get there; the message names it, its last words and its log.
    """
    end = time.monotonic() + seconds
    waiting = [part.name for part in house.parts]
    deaths = Counter[str]()
    before: dict[str, State] = {}
    supervisor = Supervisor(house.settings.home)
    with httpx.Client(timeout=3, trust_env=False) as http:
        while waiting:
            look = _Survey(house, http, supervisor.states())
            for name in [name for name in waiting if look.is_ready(name)]:
                waiting.remove(name)
                tell(name, STARTS_LATER if look.states[name].word == LISTENING else "")
            deaths.update(name for name in waiting if _has_died(before.get(name), look.states[name]))
            before = look.states
            for name in waiting:
                if time.monotonic() > end or deaths[name] >= HOPELESS:
                    raise _not_ready(look, name, hopeless=deaths[name] >= HOPELESS)
            time.sleep(STEP_S)


def _has_died(before: State | None, now: State) -> bool:
    return now.word in ENDED and (before is None or before.word not in ENDED)


def _not_ready(look: _Survey, name: str, *, hopeless: bool) -> Transient:
    log = look.house.settings.home / "logs" / f"{name}.log"
    problem = last_words(log) if hopeless else look.refusals() or last_words(log)
    how = "ends again and again" if hopeless else "did not get ready"
    return Transient(code="not_ready", message=f"{name} {how}: {problem} (see {log})")


def last_words(log: Path) -> str:
    """Return the last error in a part's log, else its last line, as plain text."""
    lines = []
    with suppress(OSError):
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if '"level": "error"' in line or "Error" in line]
    for line in (errors or lines)[-1:]:
        with suppress(ValueError, TypeError, KeyError):
            return str(json.loads(line)["event"])
        return line[:300]
    return "it wrote nothing"
