"""What does a contract test hold in its hand: the practice sites, and one capability to try on them?"""

from __future__ import annotations

import itertools
import json
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from connectors.browser.chromium.driver import Chromium
from connectors.contract.action import AccountFacts, Action, Deadline, Request
from connectors.contract.content import FilmContent, FilmOptions, Problem
from connectors.registry import MANIFESTS, measure_of
from shared.outward_content import read_content

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet

    from connectors.browser.driver import BrowserSession
    from connectors.browser.safari.driver import Safari
    from connectors.contract.manifest import Capability

TOKENS = itertools.count(1)


@dataclass(frozen=True)
class Sandbox:
    """The practice sites: where they are, what arrived there, and trouble on order."""

    base: str

    def ask(self, path: str, body: object = None, *, method: str | None = None) -> Any:
        """Answer the JSON that one request gets."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def arrived(self, platform: str, marker: str) -> list[dict[str, str]]:
        """List what really arrived with this marker in its text."""
        rows: list[dict[str, str]] = self.ask(f"/_truth/effects?platform={platform}")
        return [row for row in rows if marker in row["text"]]

    def arm(self, platform: str, fault: str, **how: float) -> None:
        """Arm a fault."""
        self.ask("/_control/faults", {"platform": platform, "fault": fault, **how})

    def disarm(self) -> None:
        """Disarm everything."""
        self.ask("/_control/faults", method="DELETE")


class Ours:
    """The right to a browser that nobody else wants."""

    def check(self) -> None:
        """Go on."""

    async def confirm(self) -> None:
        """Go on."""


@dataclass(frozen=True)
class Pools:
    """The sessions of each browser; Safari is started only where somebody asks for it."""

    chromium: Chromium
    safari: Callable[[], Safari]

    def of(self, transport: str) -> Chromium | Safari:
        """Those of one transport."""
        return self.chromium if transport == "chromium" else self.safari()


@dataclass(frozen=True)
class Case:
    """One capability over one transport, with what is needed to run it."""

    platform: str
    capability: Capability
    action: Action[BrowserSession]
    account: AccountFacts
    sandbox: Sandbox
    pool: Chromium | Safari

    def request(self, text: str, *, target: str | None = None) -> Request:
        """A request to a target that no other test uses."""
        number = next(TOKENS)
        chosen = target if target is not None else self.targets()[number % len(self.targets())]
        if self.capability.name == FilmContent.action:
            return Request("", film(text, chosen), f"key-{number}")
        return Request(chosen, read_content(self.capability.name, text, None), f"key-{number}")

    def problems(self, request: Request) -> list[Problem]:
        """What its connector says against sending this."""
        return list(measure_of(self.platform)(request.content))

    def show_credits(self) -> None:
        """Have enough to spend, where this capability spends."""
        if self.capability.name == "video":
            self.sandbox.ask("/_control/credits", {"platform": self.platform, "free": 10_000, "paid": 0})

    def targets(self) -> list[str]:
        """Where this capability can act: posts to comment on, people to write to."""
        match self.capability.name:
            case "comment":
                return [row["url"] for row in self.sandbox.ask(f"/_truth/posts?platform={self.platform}")]
            case "dm":
                return [row["handle"] for row in self.sandbox.ask(f"/_truth/people?platform={self.platform}")]
            case "video":
                return ["10 s 9:16", "15 s 16:9"]
            case other:
                pytest.skip(f"the suite does not know yet what {other!r} acts on")

    def target_of(self, request: Request) -> str:
        """Where its practice site says that it acted: a film has its format there."""
        if not isinstance(request.content, FilmContent):
            return request.target
        return f"{request.content.options.seconds} s {request.content.options.aspect}"

    def arrived(self, request: Request) -> list[dict[str, str]]:
        """What arrived of this request, by its whole text as a reader sees it."""
        return [row for row in self.sandbox.arrived(self.platform, "") if row["text"].split() == request.text.split()]


def soon(*, begin: float = 5, end: float = 10) -> Deadline:
    """A deadline in so many seconds from now."""
    return Deadline(begin_by=time.time() + begin, end_by=time.time() + end)


def film(text: str, form: str = "8 s 9:16") -> FilmContent:
    """An order of a film in a format as practice sites write it."""
    seconds, aspect = form.split(" s ")
    return FilmContent(text=text, options=FilmOptions(int(seconds), aspect))


def a_text() -> str:
    """A text that no other test writes."""
    return f"What a light in this one, number {next(TOKENS)}."


CASES = [
    pytest.param((platform, capability), id=f"{platform}-{capability.name}-{capability.transport}")
    for platform, manifest in sorted(MANIFESTS.items())
    for capability in manifest.capabilities
    if capability.kind == "action"
    and capability.transport != "api"  # the suite drives browsers; APIs have tests of their own
]
READINGS = [  # of credits; the other readings have files of their own
    pytest.param((platform, capability), id=f"{platform}-{capability.name}-{capability.transport}")
    for platform, manifest in sorted(MANIFESTS.items())
    for capability in manifest.capabilities
    if capability.name == "credits" and capability.transport != "api"
]


def browsers_with(capability: str) -> list[ParameterSet]:
    """Every (platform, transport) of a browser that has a capability."""
    return [
        pytest.param((name, transport), id=f"{name}-{transport}")
        for name, manifest in sorted(MANIFESTS.items())
        for transport in ("chromium", "safari")
        if manifest.capability(capability, transport)
    ]


def on_chromium(*platforms: str) -> list[ParameterSet]:
    """These platforms alone, over Chromium: for what is the same on all of one kind."""
    return [pytest.param((platform, "chromium"), id=f"{platform}-chromium") for platform in platforms]


def facts(platform: str, sandbox: Sandbox, account_id: str = "") -> AccountFacts:
    """The account `demo` of a practice site; only its origin tells it from a real one."""
    origin = f"{sandbox.base}/{platform}"
    return AccountFacts(account_id or f"{platform}-demo", platform, "demo", origin, credentials={})
