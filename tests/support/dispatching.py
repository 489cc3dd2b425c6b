"""How does a test lead? By the dispatcher's own loop inside the test's process; what it sends goes nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.support.gateway import PROBE, Gateway
from workers.dispatcher import Loop


class Wire:
    """What was published: lane, type and tasks of each message. Whoever leads says where batches are looked up."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, list[str]]] = []
        self.batches: list[str] = []
        self.gateway: Gateway | None = None

    def send_task(self, name: str, args: Any, queue: str, **_: Any) -> None:
        (message,) = args
        tasks = [task for task, _ in message["tasks"]]
        if "batch" in message and self.gateway is not None:
            self.batches.append(message["batch"])
            query = "SELECT unnest(task_ids)::text AS id FROM batches WHERE id = %(batch)s"
            tasks = [row["id"] for row in self.gateway.query(query, batch=message["batch"])]
        self.messages.append((queue, name, tasks))

    @property
    def tasks(self) -> set[str]:
        """All tasks that were published."""
        return {task for _, _, tasks in self.messages for task in tasks}


@asynccontextmanager
async def leading(gateway: Gateway, wire: Wire, **settings: Any) -> AsyncIterator[Loop]:
    """A dispatcher that leads; its ticks are short unless told otherwise."""
    wire.gateway = gateway
    loop = Loop(gateway.settings.model_copy(update={"tick_ms": 20, "reconcile_s": 0.02} | settings), wire)
    try:
        yield loop
    finally:
        await loop.close()


def lead_until(gateway: Gateway, wire: Wire, there: Callable[[], bool], *, rounds: int = 200, **settings: Any) -> int:
    """Have the dispatcher make rounds until something is there; answers how many it took."""

    async def go() -> int:
        async with leading(gateway, wire, **settings) as loop:
            for number in range(rounds):
                if await asyncio.to_thread(there):
                    return number
                await loop.round()
            assert await asyncio.to_thread(there), f"It is not there after {rounds} rounds."
            return rounds

    return asyncio.run(go())


def lead_for(gateway: Gateway, wire: Wire, rounds: int, **settings: Any) -> None:
    """Have the dispatcher make so many rounds."""

    async def go(loop: Loop) -> None:
        for _ in range(rounds):
            await loop.round()

    lead(gateway, go, wire, **settings)


def lead(gateway: Gateway, what: Callable[[Loop], Awaitable[Any]], wire: Wire | None = None, **settings: Any) -> Any:
    """Have a dispatcher lead while something is done with it; answers what that answers."""

    async def go() -> Any:
        async with leading(gateway, wire or Wire(), **settings) as loop:
            return await what(loop)

    return asyncio.run(go())


def serve_lanes(gateway: Gateway, *names: str) -> None:
    """Workers for these lanes, as they would have said; the host's keeper is there too."""
    gateway.query("UPDATE hosts SET keeper_seen_at = now() + interval '1 hour'")
    for name in names:
        gateway.query("INSERT INTO lanes (name, concurrency) VALUES (%(name)s, 20) ON CONFLICT DO NOTHING", name=name)
        gateway.query(
            "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
            " VALUES (%(name)s, 'p', 'h', 1, '1', ARRAY[%(name)s], 1, now() + interval '1 hour')",
            name=name,
        )


_STORE = """
    INSERT INTO tasks (id, workspace_id, type, type_version, platform, account_id, lane, priority, rank, status, payload,
                       payload_hash, due_at, max_retries, correlation_id, author, wake_key, parked_at, resources, verify_at)
    SELECT gen_random_uuid(), a.workspace_id, %(type)s, 1, a.platform, a.id, %(lane)s, 3, 3, %(status)s, %(payload)s, '',
           now() - interval '1 hour', 3, 'stored', 'person', %(key)s, now() - interval '10 minutes', %(resources)s,
           now() - make_interval(secs => %(ago)s)
    FROM generate_series(1, %(count)s), (
        SELECT id, workspace_id, platform FROM accounts WHERE platform = %(platform)s
        UNION ALL SELECT NULL, CAST(%(workspace)s AS uuid), NULL WHERE CAST(%(platform)s AS text) IS NULL) a
    RETURNING id::text
"""


def store(gateway: Gateway, kind: str, lane: str, count: int, **more: Any) -> list[str]:
    """Tasks of an hour ago, as rows: of the platform's account, parked on `key`, each waiting for `needs`."""
    values = {
        "type": kind, "lane": lane, "count": count, "platform": None, "status": "pending", "key": None,
        "payload": '{"lane": "system"}', "resources": "{}", "ago": 0, "workspace": gateway.workspace_id,
    } | more  # fmt: skip
    needs = values.pop("needs", None)
    with gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        ids = [row[0] for row in connection.execute(_STORE, values).fetchall()]
        if needs is not None:
            connection.execute(
                "INSERT INTO task_dependencies (task_id, depends_on_id, workspace_id)"
                " SELECT id, CAST(%(needs)s AS uuid), workspace_id FROM tasks WHERE id = ANY (CAST(%(ids)s AS uuid[]))",
                {"needs": needs, "ids": ids},
            )
        connection.execute("RESET session_replication_role")
        connection.execute("ANALYZE tasks")
    return ids


def never(gateway: Gateway) -> str:
    """A task for which others wait in vain."""
    task: str = gateway.submit({**PROBE, "scheduled_for": "2040-01-01T00:00:00Z"})["id"]
    return task


def awake(gateway: Gateway, ids: list[str]) -> int:
    """How many of these are parked no more."""
    query = "SELECT count(*) AS n FROM tasks WHERE id = ANY (CAST(%(ids)s AS uuid[])) AND wake_key IS NULL"
    return int(gateway.query(query, ids=ids)[0]["n"])
