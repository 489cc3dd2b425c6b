"""Do two tasks never share the last credit, does a run get all its credits or none, and is every end settled?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.accounts.acting import ActingAccount
from shared.credits.observe import observe_credits
from shared.db.clock import now
from shared.db.models import Task
from shared.db.session import connect
from shared.engine.rules.credits import Observation
from shared.engine.store import facts, parking, tasks
from shared.engine.store.limits import credits
from shared.identity.bootstrap import bootstrap_local
from shared.settings import Role, Settings
from tests.support import spending, work
from workers.dispatch.reserve_credits import promise_credits
from workers.executors import credits_poll


class Place:
    """A database with a practice account on Sora, and the owner's connection to it."""

    def __init__(self, settings: Settings, owner: psycopg.Connection) -> None:
        self.settings = settings
        self.owner = owner
        self.account = self.query("SELECT * FROM accounts")[0]
        self.acting = ActingAccount(self.account["id"], self.account["workspace_id"], "sora", "demo")

    def query(self, statement: str, **values: object) -> list[dict]:
        cursor = self.owner.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def videos(self, *amounts: int, run: bool = False) -> list[UUID]:
        """Pending videos; one run of them if asked for."""
        ids = []
        for amount in amounts:
            row = work.row(
                self.account, "video", {"prompt": "A lighthouse."}, "chromium.local.sora", resources={"credits": amount}
            )
            asyncio.run(self._store([row]))
            ids.append(row["id"])
        if run:
            self.query(
                "INSERT INTO runs (id, workspace_id, kind, name, account_id)"
                " SELECT %(run)s, workspace_id, 'trilogy', 'space', id FROM accounts",
                run=ids[0],
            )
            self.query("UPDATE tasks SET run_id = %(run)s WHERE id = ANY (%(ids)s)", run=ids[0], ids=ids)
        return ids

    async def _store(self, rows: list[dict]) -> None:
        async with self.engine("owner") as engine, engine.begin() as connection:
            await tasks.insert(connection, rows)

    @asynccontextmanager
    async def engine(self, role: Role) -> AsyncIterator[AsyncEngine]:
        engine = connect(self.settings, role, pool_size=8)
        try:
            yield engine
        finally:
            await engine.dispose()

    def promised(self) -> dict[UUID, str]:
        return {row["task_id"]: row["state"] for row in self.query("SELECT task_id, state FROM credit_reservations")}

    def move(self, task: UUID, *statuses: str) -> None:
        for status in statuses:
            self.query(
                "UPDATE tasks SET status = %(status)s, released_at = now() WHERE id = %(task)s", status=status, task=task
            )

    def run_state(self) -> str:
        return self.query("SELECT state FROM runs")[0]["state"]


@pytest.fixture
def place(database: Settings) -> Iterator[Place]:
    bootstrap_local(database, ["sora"])
    address = database.database_url_for("owner").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as owner:
        yield Place(database, owner)


async def promise(connection: AsyncConnection, ids: list[UUID]) -> list[UUID]:
    """What the release does for tasks that its gates have let through."""
    query = select(Task.__table__, (Task.id != Task.id).label("has_dependencies")).where(Task.id.in_(ids)).order_by(Task.id)
    rows = (await connection.execute(query)).all()
    return [row.id for row in await promise_credits(connection, rows, await facts.task_facts(connection, rows))]


def promise_at_once(place: Place, wanted: list[list[UUID]]) -> list[UUID]:
    """As many releases at the same time as there are lists; what they kept."""

    async def all_of_them() -> list[UUID]:
        together = asyncio.Barrier(len(wanted))

        async def one(engine: AsyncEngine, ids: list[UUID]) -> list[UUID]:
            async with engine.begin() as connection:
                await connection.exec_driver_sql("SELECT 1")
                await together.wait()
                return await promise(connection, ids)

        async with place.engine("dispatcher") as engine:
            found = await asyncio.gather(*(one(engine, ids) for ids in wanted))
        return [task for kept in found for task in kept]

    return asyncio.run(all_of_them())


def test_many_releases_at_once_never_promise_more_than_there_is(place: Place):
    spending.seen(place.query, 3)
    ids = place.videos(*[1] * 8)

    kept = promise_at_once(place, [[task] for task in ids])

    assert len(kept) == 3
    assert place.promised() == dict.fromkeys(kept, "reserved")


def test_a_run_gets_the_credits_of_all_its_parts_or_none(place: Place):
    parts = place.videos(1, 1, 1, run=True)
    spending.seen(place.query, 2)
    assert promise_at_once(place, [parts[:1]]) == []
    assert place.promised() == {}

    spending.seen(place.query, 3)
    place.query("UPDATE tasks SET wake_key = 'credits:' || account_id, parked_at = now() WHERE id <> %(id)s", id=parts[0])
    assert promise_at_once(place, [parts[:1]]) == parts[:1]
    assert place.promised() == dict.fromkeys(parts, "reserved")
    assert place.query("SELECT count(*) AS n FROM tasks WHERE wake_key IS NOT NULL") == [{"n": 0}]  # nothing to wait for
    # The later parts have theirs, and do not ask again: not even when nothing is known any more.
    spending.seen(place.query, None)
    assert promise_at_once(place, [parts[1:]]) == parts[1:]
    assert len(place.promised()) == 3


def test_what_completes_is_spent_and_what_ends_otherwise_is_let_go(place: Place):
    spending.seen(place.query, 3)
    parts = place.videos(1, 1, 1, run=True)
    promise_at_once(place, [parts[:1]])

    place.move(parts[0], "queued", "running", "completed")
    assert place.run_state() == "open"
    place.move(parts[1], "queued", "running", "failed")
    place.move(parts[2], "cancelled")

    assert place.promised() == {parts[0]: "spent", parts[1]: "released", parts[2]: "released"}
    assert place.run_state() == "partial"
    place.move(parts[1], "pending")
    assert place.run_state() == "open"


def test_a_part_that_is_just_being_changed_holds_its_whole_run(place: Place):
    spending.seen(place.query, 3)
    parts = place.videos(1, 1, 1, run=True)
    address = place.settings.database_url_for("owner").replace("+psycopg", "")

    with psycopg.connect(address) as other:
        other.execute("SELECT FROM tasks WHERE id = %s FOR UPDATE", [parts[2]])
        assert promise_at_once(place, [parts[:1]]) == []

    assert promise_at_once(place, [parts[:1]]) == parts[:1]


def test_a_look_is_noted_with_its_event_and_wakes_who_waits(place: Place):
    [task] = place.videos(1)
    key = f"credits:{place.acting.id}"
    for known, event in ((True, "credits.refreshed"), (False, "credits.unknown")):
        place.query("UPDATE tasks SET wake_key = %(key)s, parked_at = now()", key=key)
        amount = 30 if known else None

        async def look(known: bool = known, amount: int | None = amount) -> None:  # noqa: FBT001
            async with place.engine("worker") as engine:
                async with engine.connect() as connection:
                    instant = await now(connection)
                seen = Observation(known, amount, 0 if known else None, None, instant)
                await observe_credits(engine=engine, account=place.acting, task_id=task, seen=seen)

        asyncio.run(look())

        assert place.query("SELECT wake_key FROM tasks") == [{"wake_key": None}]
        assert place.query("SELECT type FROM task_events ORDER BY seq DESC LIMIT 1") == [{"type": event}]
        assert place.query("SELECT known FROM credit_observations ORDER BY id DESC LIMIT 1") == [{"known": known}]


def test_credits_that_come_free_wake_who_waits(place: Place):
    spending.seen(place.query, 1)
    place.query("UPDATE credit_observations SET created_at = now() - interval '1 hour'")
    first, second = place.videos(1, 1)
    promise_at_once(place, [[first]])
    place.query(
        "UPDATE tasks SET wake_key = 'credits:' || account_id, parked_at = now() - interval '1 minute' WHERE id = %(id)s",
        id=second,
    )
    waits = "SELECT wake_key IS NOT NULL AS waits FROM tasks WHERE id = %(id)s"

    async def wake() -> None:
        async with place.engine("dispatcher") as engine, engine.begin() as connection:
            await parking.wake_looked_at(connection, "", 10, 600)

    asyncio.run(wake())
    assert place.query(waits, id=second) == [{"waits": True}]
    place.move(first, "cancelled")
    asyncio.run(wake())
    assert place.query(waits, id=second) == [{"waits": False}]


def test_a_look_is_ordered_when_it_is_due_and_once(place: Place):
    async def poll() -> int:
        async with place.engine("worker") as engine:
            work_at_hand: Any = SimpleNamespace(engine=engine)
            return (await credits_poll.EXECUTOR.perform(work_at_hand)).checks

    assert asyncio.run(poll()) == 0  # connected just now, and nobody waits
    place.videos(1)
    place.query("UPDATE tasks SET wake_key = 'credits:' || account_id, parked_at = now()")
    assert asyncio.run(poll()) == 1
    assert asyncio.run(poll()) == 0  # somebody is about to look

    # A look that failed for good is not tried again at once.
    place.query("UPDATE tasks SET status = 'failed', finished_at = now() WHERE type = 'credits_check'")
    assert asyncio.run(poll()) == 0
    place.query("UPDATE tasks SET finished_at = now() - interval '1 hour' WHERE type = 'credits_check'")
    spending.seen(place.query, 0)
    assert asyncio.run(poll()) == 0
    place.query("UPDATE credit_observations SET checked_at = now() - interval '16 minutes'")
    place.query("UPDATE tasks SET created_at = now() - interval '1 hour'")
    assert asyncio.run(poll()) == 1


def test_old_looks_are_forgotten_but_for_those_by_which_is_decided(place: Place):
    place.query(
        "INSERT INTO credit_observations (workspace_id, platform, account_id, known, free, paid, refreshed, checked_at,"
        " created_at) SELECT workspace_id, platform, id, n > 2, CASE WHEN n > 2 THEN 1 END, CASE WHEN n > 2 THEN 1 END,"
        " n > 5 AND n %% 2 = 0, at, at FROM accounts,"
        " (SELECT n, now() - n * interval '1 day' AS at FROM generate_series(99, 1, -1) n) o WHERE id = %(account)s",
        account=place.acting.id,
    )

    async def forget() -> list[int]:
        counts = []
        async with place.engine("worker") as engine:
            while not counts or counts[-1]:
                async with engine.begin() as connection:
                    counts.append(await credits.forget_old(connection, 1, 50))
        return counts

    assert asyncio.run(forget()) == [50, 27, 0]
    left = place.query("SELECT extract(day FROM now() - checked_at)::int AS day, refreshed, known FROM credit_observations")
    assert sum(row["refreshed"] for row in left) == 20  # by which the interval of refreshes is reckoned
    assert {row["day"] for row in left if not row["refreshed"]} == {1, 3}  # the last, and the last that could be read
