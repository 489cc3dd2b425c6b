"""What do tests of steps run? A task of a type that only they know, which does what each of them says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.db.session import connect
from shared.engine.store import tasks
from shared.task_types.registry import TASK_TYPES
from tests.support import work
from tests.support.gateway import Gateway
from tests.support.stepping import LANE, SPEC, SteppingResult
from workers.executors.contract import Executor, Work
from workers.executors.registry import EXECUTORS

Perform = Callable[[Work[Any]], Awaitable[SteppingResult]]


@pytest.fixture
def performed(monkeypatch) -> Callable[[Perform], None]:
    """What a task of the type `stepping` does."""
    return lambda perform: monkeypatch.setitem(EXECUTORS, SPEC.type, Executor(SPEC, perform))


@pytest.fixture
def stored(gateway: Gateway, monkeypatch) -> Callable[..., str]:
    """Stores a task of this type, and answers its id; columns are overruled by name."""
    monkeypatch.setitem(TASK_TYPES, SPEC.type, SPEC)

    def store(**columns: Any) -> str:
        [account] = gateway.query("SELECT * FROM accounts WHERE platform = 'instagram'")
        row = work.row(account, SPEC.type, {}, LANE, **columns)
        asyncio.run(_insert(gateway, row))
        return str(row["id"])

    return store


async def _insert(gateway: Gateway, row: dict[str, Any]) -> None:
    engine = connect(gateway.settings, "owner", pool_size=1)
    async with engine.begin() as connection:
        await tasks.insert(connection, [row])
    await engine.dispose()
