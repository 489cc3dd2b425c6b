"""Do the statements of every tick and every page go by index, however many tasks are stored? Asked of PostgreSQL itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.session import connect, transaction
from shared.engine.rules.facts import AccountState
from shared.engine.rules.limits import Limits, Rule
from shared.engine.store import (
    archive,
    attempts,
    batches,
    effects,
    lost_attempts,
    release,
    slots,
    tasks,
    unserved_lanes,
)
from shared.engine.store.limits import budgets
from shared.engine.task_filter import TaskFilter
from shared.schedules import repository as schedules
from tests.support.claimed import effect
from tests.support.gateway import PROBE, Gateway

STORED = 20_000
NOW = datetime.now(UTC)
LEASE = {"key": "dispatcher", "holder": "test", "token": 1}
# One in a hundred waits, as many are for later, a few are out or unknown; the others are over.
FILL = f"""
    INSERT INTO tasks (id, workspace_id, type, type_version, lane, priority, rank, status, payload, payload_hash, due_at,
                       max_retries, correlation_id, not_before, released_at, published_at, finished_at, verify_at)
    SELECT gen_random_uuid(), workspace_id, type, type_version, 'lane' || n % 20, 1 + n % 5, 1 + n % 5,
           CASE WHEN n % 100 = 0 THEN 'pending' WHEN n % 100 = 1 THEN 'scheduled' WHEN n % 500 = 2 THEN 'queued'
                WHEN n % 500 = 3 THEN 'unknown' ELSE 'completed' END,
           payload, payload_hash, now(), 0, '', now() + n * interval '1 second', now(), now(),
           CASE WHEN n % 100 > 3 THEN now() - n * interval '1 minute' END, now()
    FROM tasks, generate_series(1, {STORED}) n
"""


@pytest.fixture(scope="module")
def stored(module_gateway: Gateway) -> Gateway:
    """20,000 tasks, and statistics that know of them."""
    module_gateway.submit()
    module_gateway.post("/api/schedules", {"task": PROBE, "rule": "FREQ=DAILY", "zone": "UTC"})
    with module_gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(FILL)
        connection.execute("ANALYZE")
    return module_gateway


def nodes(plan: Any) -> list[dict[str, Any]]:
    """Every step of a plan."""
    return [plan, *(node for part in plan.get("Plans", ()) for node in nodes(part))]


def plans_of(gateway: Gateway, role: Any, ask: Callable[[AsyncConnection], Awaitable[Any]]) -> list[dict[str, Any]]:
    """Every step of the plans of the statements that a repository sends, as that role would run them."""
    found: list[dict[str, Any]] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> None:
        if not statement.lstrip().startswith(("SELECT set_config", "EXPLAIN")):
            cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {statement}", parameters)
            said = cursor.fetchone()[0]
            found.extend(nodes((json.loads(said) if isinstance(said, str) else said)[0]["Plan"]))

    async def run() -> None:
        engine = connect(gateway.settings, role)
        event.listen(engine.sync_engine, "before_cursor_execute", explain)
        async with transaction(engine, UUID(gateway.workspace_id)) as connection:
            await ask(connection)
        await engine.dispose()

    asyncio.run(run())
    assert found
    return found


async def take(connection: AsyncConnection) -> None:
    workspace = (await release.survey(connection, LEASE), (await tasks.page(connection, TaskFilter(), before=None, limit=1)))
    row = workspace[1][0]
    await release.take(connection, [(release.Stream("lane0", None, row.workspace_id, "probe"), 50)], NOW)


DISPATCHER: dict[str, Callable[[AsyncConnection], Awaitable[Any]]] = {
    "outlook": release.outlook,
    "survey": lambda connection: release.survey(connection, LEASE),
    "take": take,
    "promote": lambda connection: release.promote(connection, 5_000),
    "out": release.out,
    "what got lost": lambda connection: lost_attempts.outlook(connection, 60, 600),
    "what nobody settles": lambda connection: lost_attempts.unsettled(connection, 60, 500),
    "ageing": lambda connection: release.age(connection, 600, 500),
    "lanes without a worker": lambda connection: unserved_lanes.report(connection, 60),
    "slots that have come": lambda connection: slots.due(connection, 500),
}
BY_INSTANT = {"ix_tasks_due", "ix_tasks_verify", "ix_tasks_ageing", "ix_attempts_lease"}
NOBODY = UUID(int=1)
LOST = effect(id=NOBODY, account_id=NOBODY, action="comment", fingerprint="f")
HOUR = Limits((Rule("comment", 3600, 5),))
WORKER: dict[str, Callable[[AsyncConnection], Awaitable[Any]]] = {
    "claim": lambda connection: attempts.claim(
        connection, [(NOBODY, 1)], attempts.Process("h", 1, "boot/1"), timeout_s=1, lease_s=1
    ),
    "claim of a batch": lambda connection: batches.claim(
        connection, NOBODY, "probe", attempts.Process("h", 1, "boot/1"), timeout_s=1, lease_s=1
    ),
    "leases of batches": lambda connection: batches.renew(connection, attempts.Process("h", 1, "boot/1"), [NOBODY], 60),
    "hold of leases": lambda connection: attempts.lock_leases(
        connection, attempts.Process("h", 1, "boot/1"), [(1, NOBODY)], 60
    ),
    "texts that are taken": lambda connection: effects.taken(connection, [NOBODY], [(NOBODY, "comment", "t", "f")]),
    "texts that are taken anywhere": lambda connection: effects.taken(
        connection, [NOBODY], [(NOBODY, "comment", "t", "f")], anywhere=["comment"]
    ),
    "ids of other effects": lambda connection: effects.known_ids(connection, LOST),
    "open effects with the same text": lambda connection: effects.open_twins(connection, LOST),
    **{
        f"count of {kind}": lambda connection, scope=f"{kind}:{NOBODY}": budgets.standing(
            connection, NOBODY, [AccountState("connected", *[None] * 5, practice=True, limits=((scope, HOUR),))], NOW
        )
        for kind in ("account", "persona", "platform", "workspace")
    },
}
GATEWAY: dict[str, Callable[[AsyncConnection], Awaitable[Any]]] = {
    "queue page": lambda connection: tasks.page(connection, TaskFilter(), before=None, limit=51),
    "queue page of a state": lambda connection: tasks.page(connection, TaskFilter(status="failed"), before=None, limit=51),
    "queue page, running": lambda connection: tasks.page(connection, TaskFilter(status="running"), before=None, limit=51),
    "queue page, queued": lambda connection: tasks.page(connection, TaskFilter(status="queued"), before=None, limit=51),
    "schedule page": lambda connection: schedules.page(connection, before=None, limit=51),
}


def whole_tables(found: list[dict[str, Any]]) -> list[str]:
    return [node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "tasks"]


@pytest.mark.parametrize("what", DISPATCHER)
def test_a_tick_reads_no_whole_table(stored: Gateway, what: str):
    assert whole_tables(plans_of(stored, "dispatcher", DISPATCHER[what])) == []


@pytest.mark.parametrize("what", ["outlook", "promote", "what got lost", "ageing"])
def test_what_is_planned_for_later_is_not_read_by_a_tick(stored: Gateway, what: str):
    """An index that is bounded by no instant is read to its end, a million of planned tasks for one that is due."""
    planned = [node for node in plans_of(stored, "dispatcher", DISPATCHER[what]) if node.get("Index Name") in BY_INSTANT]
    asked = [node for node in planned if "clock_timestamp" in node.get("Filter", "") and "Index Cond" not in node]
    assert planned
    assert asked == []


def test_the_first_of_a_long_line_are_taken_without_sorting_it(stored: Gateway):
    sorts = [node for node in plans_of(stored, "dispatcher", take) if node["Node Type"] == "Sort"]
    assert [below["Node Type"] for node in sorts for below in node["Plans"] if below.get("Relation Name") == "tasks"] == []


@pytest.mark.parametrize("what", WORKER)
def test_what_a_worker_does_for_each_task_reads_no_whole_table(stored: Gateway, what: str):
    found = plans_of(stored, "worker", WORKER[what])
    assert [node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"] == []


@pytest.mark.parametrize("what", GATEWAY)
def test_a_page_reads_no_whole_table(stored: Gateway, what: str):
    assert whole_tables(plans_of(stored, "gateway", GATEWAY[what])) == []


def test_the_archive_finds_what_is_old_by_index(stored: Gateway):
    assert whole_tables(plans_of(stored, "worker", lambda connection: archive.move_old(connection, 30, 500))) == []
