"""Does a worker wait for a host whose person has come back, as for one that says so beforehand?"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from connectors.contract.action import AccountFacts
from shared.door import Answer, Call
from shared.errors import NotConfigured, Transient
from shared.hosts.relay import Present
from workers.hosts.remote_browser import _Line
from workers.interrupted import GateClosed

ACCOUNT = AccountFacts(str(uuid4()), "instagram", "demo", "https://www.instagram.com", credentials={"password": "no"})


class Lease:
    """A lane that is ours."""

    lane, token = "safari.studio-mac", 3

    def check(self) -> None:
        """Go on."""


class Refuses:
    """A door behind which every call is refused."""

    def __init__(self, code: str, kind: str = "Transient") -> None:
        self.error = {"kind": kind, "code": code, "message": "a person uses the Mac of safari.studio-mac"}
        self.calls: list[Call] = []

    async def call(self, _host, call: Call) -> Answer:
        self.calls.append(call)
        return Answer(call.id, 1.0, error=self.error)


def line(door: Refuses) -> _Line:
    return _Line(door, uuid4(), Present(7), Lease(), Path("/nowhere"))  # type: ignore[arg-type]


async def test_a_person_who_comes_back_between_two_words_of_the_host_closes_the_gate():
    with pytest.raises(GateClosed, match="lane: a person uses the Mac"):
        await line(Refuses("resting")).take("safari", ACCOUNT)


@pytest.mark.parametrize(
    ("code", "kind", "error"), [("lane_busy", "Transient", Transient), ("x", "NotConfigured", NotConfigured)]
)
async def test_what_else_a_host_refuses_is_its_own_error(code, kind, error):
    with pytest.raises(error):
        await line(Refuses(code, kind)).take("safari", ACCOUNT)


async def test_no_credential_goes_through_the_door():
    door = Refuses("resting")
    with pytest.raises(GateClosed):
        await line(door).take("safari", ACCOUNT)
    assert door.calls[0].given["account"].keys() == {"id", "platform", "handle", "origin"}
    assert (door.calls[0].connection, door.calls[0].token, door.calls[0].number) == (7, 3, 1)
