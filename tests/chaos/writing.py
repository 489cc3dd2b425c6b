"""How does a test connector write over HTTP? The three modes differ in what they can read back, and in nothing else."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.contract.action import AccountFacts, Baseline, Deadline, NotBegun, Receipt, Request
from connectors.contract.content import Content, MessageContent, Problem, TextLimit, measure_texts
from connectors.contract.manifest import Capability, Manifest
from connectors.contract.pace import NO_LIMITS
from shared.errors import OutcomeUnknown, RateLimited, Transient
from shared.platform_rules import ALLOWED

CALL_S = 1.5
VISIBILITY_S = 4  # after a call's deadline; above slow writes, late listings and delayed links together
READ_S = 2
LONGEST = 200
KEY_LASTS_S = 3600  # its server never forgets one
# A picture of one pixel: these platforms have no page that a screenshot could show.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


@dataclass(frozen=True)
class ApiSession:
    """The account, and a client that opens a new connection for each request."""

    account: AccountFacts
    http: httpx.AsyncClient


class ApiSessions:
    """The transport `api` of a worker process."""

    def __init__(self) -> None:
        self._http: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def session(self, account: AccountFacts) -> AsyncIterator[ApiSession]:
        if self._http is None:
            self._http = httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)
        yield ApiSession(account, self._http)

    def browser_of(self, account_id: str) -> None:
        """Our own process alone acts."""


def manifest(mode: str) -> Manifest:
    """A platform that takes messages and can be verified in one way."""
    capability = Capability(
        name="dm",
        transport="api",
        verification=mode,
        visibility_s=0 if mode == "blind" else VISIBILITY_S,
        call_s=CALL_S,
        max_text=LONGEST,
        key_lasts_s=KEY_LASTS_S if mode == "keyed" else 0,
        source="tests/chaos/platform_server.py",
    )
    return Manifest(
        platform=mode,
        name=mode.title(),
        origin="https://example.invalid",
        other_hosts=(),
        words_after_owner=(),
        limits=NO_LIMITS,
        policy={"api": ALLOWED},
        same_recipient_h=None,
        capabilities=(capability,),
    )


def measure(content: Content) -> list[Problem]:
    """What speaks against sending this."""
    return measure_texts("The test platform", content, {MessageContent: TextLimit(LONGEST)})


@dataclass(frozen=True)
class ApiWriting:
    """The action `dm` on one of the platforms."""

    mode: str

    async def prepare(self, session: ApiSession, request: Request) -> Baseline:
        if self.mode == "blind":
            return Baseline((), None)
        found = await self._listed(session, request)
        return Baseline(tuple(found), max(found, default=None))

    async def commit(self, session: ApiSession, request: Request, baseline: Baseline, deadline: Deadline) -> Receipt:
        body = {
            "account": session.account.handle,
            "to": request.target,
            "text": request.text,
            "key": request.key,
            "pid": os.getpid(),
            "call_until": deadline.end_by,
        }
        if time.time() >= deadline.begin_by:
            raise NotBegun(message="the time to begin has passed")
        try:
            async with asyncio.timeout(deadline.remaining()):
                answer = await session.http.post(self._url(session), json=body, timeout=None)
        except httpx.ConnectError as error:
            raise NotBegun(message=str(error)) from error
        except (TimeoutError, httpx.TransportError) as error:
            raise OutcomeUnknown(message=repr(error)) from error
        return self._receipt_of(session, request, answer)

    def _receipt_of(self, session: ApiSession, request: Request, answer: httpx.Response) -> Receipt:
        if answer.status_code == 429:
            until = datetime.now(UTC) + timedelta(seconds=answer.json()["retry_after"])
            raise RateLimited(message="too many messages", until=until)
        if answer.status_code != 201:
            raise OutcomeUnknown(message=f"the platform answered {answer.status_code}")
        return self._receipt(session, request, answer.json()["id"])

    async def proof(self, session: ApiSession, receipt: Receipt) -> bytes:
        return PIXEL

    async def verify(
        self, session: ApiSession, request: Request, baseline: Baseline, known: frozenset[str]
    ) -> Receipt | None:
        for found in await self._listed(session, request):
            if found not in known and found not in baseline.matching_ids:
                return self._receipt(session, request, found)
        return None

    async def _listed(self, session: ApiSession, request: Request) -> list[str]:
        """Ids of what is listed as this request; by its key where the platform knows keys."""
        own = {"key": request.key} if self.mode == "keyed" else {"to": request.target, "text": request.text}
        query: dict[str, Any] = {"account": session.account.handle} | own
        try:
            answer = await session.http.get(self._url(session), params=query, timeout=READ_S)
        except httpx.TransportError as error:
            raise Transient(message=repr(error)) from error
        if answer.status_code != 200:
            raise Transient(message=f"the platform answered {answer.status_code}")
        return sorted({row["id"] for row in answer.json()})

    def _receipt(self, session: ApiSession, request: Request, external_id: str) -> Receipt:
        return Receipt(external_id, f"{self._url(session)}/{external_id}", request.text)

    def _url(self, session: ApiSession) -> str:
        return f"{session.account.origin}/messages"
