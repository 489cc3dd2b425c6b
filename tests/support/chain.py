"""Task types that hand things on: an id, a list and a number."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

from pydantic import Field

from shared.task_types.spec import Payload, Result, TaskSpec
from workers.executors.contract import Executor, Work


class BeginPayload(Payload):
    """Nothing."""


class LinkPayload(Payload):
    """An id, a list and a number."""

    id: str
    items: list[str]
    count: int = Field(ge=0)


class LinkResult(Result):
    """The same, and in which process they were in hand."""

    id: str
    items: list[str]
    count: int
    pid: int


BEGIN = TaskSpec(
    type="chain_begin", version=1, payload=BeginPayload, result=LinkResult, lane="system", timeout_s=10, public=False
)
LINK = TaskSpec(
    type="chain_link", version=1, payload=LinkPayload, result=LinkResult, lane="system", timeout_s=10, public=False
)


async def begin(work: Work[BeginPayload]) -> LinkResult:
    """Think of something."""
    return LinkResult(id=str(work.task_id), items=["first"], count=1, pid=os.getpid())


async def link(work: Work[LinkPayload]) -> LinkResult:
    """Hand it on, with one more."""
    said = work.payload
    return LinkResult(id=said.id, items=[*said.items, f"item {said.count}"], count=said.count + 1, pid=os.getpid())


def register(types: MutableMapping[str, Any], executors: MutableMapping[str, Any]) -> None:
    """Make the types known."""
    types.update({BEGIN.type: BEGIN, LINK.type: LINK})
    executors.update({BEGIN.type: Executor(BEGIN, begin), LINK.type: Executor(LINK, link)})
