"""Which calls does one lane of this host accept? The next call of the session that holds it, and nothing outdated.

Whatever is read and changed here happens between two frames, without a wait: no other frame comes in between.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from uuid import UUID

from connectors.contract.action import AccountFacts
from host.session import Line, Session, Tools
from host.tokens import LaneTokens
from shared.door import Call
from shared.errors import Transient

PLATFORM = re.compile(r"[a-z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class Place:
    """A lane of this host: its name, its transport, and the platform that it serves; "" for all of them."""

    name: str
    transport: str
    platform: str = ""

    @classmethod
    def of(cls, name: str, host: str) -> Place | None:
        """Return the lane of this name, None where this host has none of that name."""
        if name == f"safari.{host}":
            return cls(name, "safari")
        kind, _, rest = name.partition(".")
        theirs, _, platform = rest.partition(".")
        if kind == "chromium" and theirs == host and PLATFORM.fullmatch(platform):
            return cls(name, "chromium", platform)
        return None


class Lane:
    """One lane. `turn` is held by whatever drives its browsers: a session, a sign-in, or the cleaning up."""

    def __init__(self, place: Place, tokens: LaneTokens, tools: Tools) -> None:
        """Store the parts; nothing runs on the lane yet."""
        self.place, self.turn = place, asyncio.Lock()
        self.session: Session | None = None
        self._tokens, self._tools = tokens, tools

    def take(self, line: Line, call: Call) -> Session | None:
        """Begin a session, and end the one before."""
        if call.token < self._tokens.lowest(self.place.name):
            line.refuse(call, "stale_token", "A later holder has had this lane.")
            return None
        try:
            account = self._account(call)
            self._tokens.raise_to(self.place.name, call.token)
        except Transient as error:
            line.answer(call, error=error)
            return None
        except (KeyError, TypeError, ValueError, AttributeError):
            line.refuse(call, "bad_call", "This is no account of this lane.")
            return None
        self.end("overtaken")
        self.session = Session(line, call, account, self.turn, self._tools)
        return self.session

    def step(self, line: Line, call: Call) -> None:
        """Do the next call of the session that has the lane."""
        session = self.session
        if call.token < self._tokens.lowest(self.place.name):
            line.refuse(call, "stale_token", "A later holder has had this lane.")
        elif session is None or session.id != call.session or session.token != call.token or session.is_over:
            line.refuse(call, "no_session", "This session does not have the lane.")
        elif call.number != session.number + 1:
            line.refuse(call, "out_of_order", f"The next call is number {session.number + 1}.")
        else:
            session.do(call)

    def end(self, why: str) -> None:
        """End the session that holds the lane."""
        if self.session is not None:
            self.session.end(why)

    def refuse_up_to(self, token: int) -> None:
        """Refuse this token and lower ones from now on, and end the session that has one.

        Raises:
            Transient: it could not be stored.
        """
        self._tokens.raise_to(self.place.name, token + 1)
        if self.session is not None and self.session.token <= token:
            self.session.end("ended")

    def _account(self, call: Call) -> AccountFacts:
        said = call.given["account"]
        platform = str(said["platform"])
        if call.given["transport"] != self.place.transport or not PLATFORM.fullmatch(platform):
            raise ValueError(platform)
        if self.place.platform not in {"", platform}:
            raise ValueError(platform)
        # The id names a folder: only a UUID is accepted.
        return AccountFacts(str(UUID(said["id"])), platform, str(said["handle"]), str(said["origin"]), credentials={})
