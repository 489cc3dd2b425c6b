"""Do an id, a list and a number keep their types through a chain of five tasks, in real workers?"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from shared.db import events
from shared.db.database import Database
from shared.db.session import connect
from shared.identity.caller import Caller
from shared.task_types.payload.referring import read_referring
from shared.task_types.registry import TASK_TYPES
from shared.tasks.drafting.order import TaskOrder
from shared.tasks.submit_many import submit_tasks
from tests.support import chain
from tests.support.stack import Stack, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

LINKS = 4


def order(number: int) -> TaskOrder:
    """A link that takes everything from the task before it."""
    names = {"id": "id", "items": "items", "count": "count"}
    said = {field: f"{{{{ tasks.#{number - 1}.result.{path} }}}}" for field, path in names.items()}
    return TaskOrder(chain.LINK, read_referring(chain.LinkPayload, said), dependencies=(number - 1,))


def submit(stack: Stack, orders: list[TaskOrder]) -> list[UUID]:
    """Submit them as the gateway does."""
    [workspace] = stack.query("SELECT id FROM workspaces WHERE name = 'local'")

    async def go() -> list[UUID]:
        engine = connect(stack.settings, "gateway", pool_size=2)
        caller = Caller(workspace["id"], "a test", workspace["id"], frozenset({"submit"}))
        made = await submit_tasks(
            database=Database(engine, lambda: None), caller=caller, orders=orders, abilities={}, correlation_id="chain"
        )
        async with engine.begin() as connection:
            await events.notify_all(connection)
        await engine.dispose()
        return made.ids

    return asyncio.run(go())


def test_an_id_a_list_and_a_number_go_through_five_tasks(engine: Stack, monkeypatch):
    known: dict[str, Any] = {}
    chain.register(known, {})
    for name, spec in known.items():
        monkeypatch.setitem(TASK_TYPES, name, spec)
    engine.celery_app = engine.beat_app = "tests.support.chain_app"
    engine.programs = True  # the types are known there before anything of ours has been imported
    engine.start_beat()
    engine.start_pool("system")
    ids = submit(engine, [TaskOrder(chain.BEGIN, chain.BeginPayload()), *(order(n) for n in range(1, LINKS + 1))])

    rows = "SELECT status, payload, result FROM tasks WHERE id = ANY (%(ids)s) ORDER BY id"
    ended = {"completed", "failed"}
    wait_for("the last one is over", lambda: engine.query(rows, ids=ids)[-1]["status"] in ended, seconds=60)
    found = engine.query(rows, ids=ids)
    assert [row["status"] for row in found] == ["completed"] * (LINKS + 1)
    last = found[-1]["result"]
    assert (last["id"], last["count"]) == (str(ids[0]), LINKS + 1)
    assert last["items"] == ["first", *(f"item {number}" for number in range(1, LINKS + 1))]
    # What is stored is the references: only who claims a task puts the values in their places.
    assert found[-1]["payload"]["items"] == f"{{{{ tasks.{ids[-2]}.result.items }}}}"
