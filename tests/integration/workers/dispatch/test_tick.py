"""What does a round of the dispatcher ask the database? As little with 15,000 parked tasks as with none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.session import connect
from shared.engine.store import lost_attempts, plan, release, unserved_lanes
from tests.support.dispatching import lead, never, serve_lanes, store
from tests.support.gateway import Gateway
from workers.dispatcher import Loop

pytestmark = pytest.mark.timeout(60)

AGEING_S = 2_700.0  # of an hour that is one step, and half of the next
MANY = 5_000


@contextmanager
def heard(what: str):
    """What the dispatcher's connections do of one kind: statements, or ends of transactions."""
    said: list[str] = []

    def hear(connection: Any, *more: Any) -> None:
        alone = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        if "dispatcher" in (connection.engine.url.username or "") and not (alone and what == "rollback"):
            said.append(str(more[1]) if len(more) > 1 else what)

    event.listen(Engine, what, hear)
    try:
        yield said
    finally:
        event.remove(Engine, what, hear)


def blocks(gateway: Gateway, ask: Callable[[AsyncConnection], Awaitable[Any]]) -> int:
    """How many blocks PostgreSQL reads to answer, as the dispatcher would be answered."""
    read: list[int] = []

    def analyse(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        said = cursor.fetchone()[0]
        plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
        read.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])

    async def run() -> None:
        engine = connect(gateway.settings, "dispatcher", pool_size=1)
        async with engine.connect() as connection:
            await ask(connection)  # whatever is remembered of a table is read once
            await connection.rollback()
            event.listen(engine.sync_engine, "before_cursor_execute", analyse)
            await ask(connection)
        await engine.dispose()

    asyncio.run(run())
    assert read
    return sum(read)


def park(gateway: Gateway) -> None:
    """Tasks parked for several reasons, on a lane that nobody serves and on which one waits; one step has been taken."""
    lane = "chromium.local.instagram"
    for key in ("task:" + never(gateway), "approval:" + never(gateway), "consent:instagram"):
        store(gateway, "comment", lane, MANY, platform="instagram", key=key)
    store(gateway, "comment", lane, 1, platform="tiktok")
    gateway.query("UPDATE tasks SET rank = 2 WHERE correlation_id = 'stored'")
    gateway.query("VACUUM ANALYZE tasks")


def test_a_round_that_finds_nothing_to_do_asks_three_questions(gateway: Gateway):
    serve_lanes(gateway, "system")
    store(gateway, "probe", "system", 50, key="task:" + never(gateway))

    async def rounds(loop: Loop) -> list[int]:
        for _ in range(5):
            await loop.round()
        asked = []
        for _ in range(5):
            # What the timetable had released is no longer under way; a full minute may come in the midst of this.
            gateway.query("UPDATE tasks SET status = 'cancelled', finished_at = now() WHERE status = 'queued'")
            with heard("before_cursor_execute") as statements:
                await loop.round()
            asked.append(len(statements))
        return asked

    asked = lead(gateway, rounds, reconcile_s=0.001, sweep_s=0.001, leader_lease_s=600)

    assert min(asked) == 3  # what may have got lost, a part of the sweep, and what is due


def test_a_round_leaves_the_prepared_statements_of_its_connections_alone(gateway: Gateway):
    """Whatever a leader does once in a while: a transaction that is rolled back makes its connection forget them."""

    async def rounds(loop: Loop) -> list[str]:
        with heard("rollback") as ends:
            for _ in range(10):
                await loop.round()
        return ends

    assert lead(gateway, rounds, reconcile_s=0.001, sweep_s=0.001, leader_lease_s=1) == []


def test_what_a_round_reads_is_not_more_for_those_who_are_parked(gateway: Gateway):
    park(gateway)
    asked: dict[str, Callable[[AsyncConnection], Awaitable[Any]]] = {
        "what is due": release.outlook,
        "what got lost": lambda connection: lost_attempts.outlook(connection, 60, AGEING_S),
        "who moves up": lambda connection: release.age(connection, AGEING_S, 500),
        "lanes without a worker": lambda connection: unserved_lanes.report(connection, 60),
        "a forecast for another lane": lambda connection: plan.waiting_on(
            connection, UUID(gateway.workspace_id), "system", datetime.now(UTC), 1_000
        ),
    }
    read = {what: blocks(gateway, ask) for what, ask in asked.items()}
    assert {what: number for what, number in read.items() if number > 60} == {}


def test_who_has_waited_for_another_step_moves_up_and_nobody_else(gateway: Gateway):
    [first, second, other] = store(gateway, "probe", "system", 3)
    gateway.query("UPDATE tasks SET rank = 2 WHERE id = %(id)s", id=first)
    gateway.query("UPDATE tasks SET due_at = now() - interval '2 hours', rank = 2 WHERE id = %(id)s", id=second)

    async def age() -> int:
        engine = connect(gateway.settings, "dispatcher", pool_size=1)
        async with engine.begin() as connection:
            moved = await release.age(connection, AGEING_S, 500)
        await engine.dispose()
        return moved

    assert asyncio.run(age()) == 2
    ranks = {str(row["id"]): row["rank"] for row in gateway.query("SELECT id, rank FROM tasks")}
    assert ranks == {first: 2, second: 1, other: 2}
    assert asyncio.run(age()) == 0
