"""How many intents a second are written on one hot budget scope: by one account, by many under their workspace's rule?"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from benchmarks import host, stored
from benchmarks.figure import Figure
from benchmarks.home import Home
from benchmarks.stored import Place
from connectors.contract.action import Baseline, Request
from connectors.contract.content import CommentContent
from connectors.registry import MANIFESTS
from shared.db.rows import rows_of
from shared.db.session import connect, single_statements
from shared.engine.rules.limits import ANY, Limits, Rule, to_json
from shared.engine.store.attempts import Process
from shared.engine.store.rows.task_rows import ClaimedAccount, ClaimedTask, TaskRow
from workers.attempts.intent import Attempted, ProposedCall
from workers.attempts.intent_batcher import IntentBatcher

SECONDS = 12
STORED = 40_000
PROCESSES, EACH = 4, 64  # so many connections, with a batch of an API lane on each
MARK = "bench:intents"
NOTHING = Baseline((), None)
ROOMY = Limits((Rule(ANY, 3600, 10_000_000), Rule("comment", 86_400, 10_000_000)))

_LIMITS = """
    INSERT INTO limits (workspace_id, scope, document)
    SELECT a.workspace_id, s.scope, %(document)s
    FROM accounts a, unnest(ARRAY['account:' || a.id, 'persona:' || a.persona_id, 'platform:' || a.platform, 'workspace'])
         AS s(scope)
    WHERE a.id = %(account)s
"""
_LIMIT = "INSERT INTO limits (workspace_id, scope, document) VALUES (%(workspace)s, 'workspace', %(document)s)"
_ACCOUNTS = """
    INSERT INTO accounts (id, workspace_id, persona_id, host_id, platform, handle, transport, origin, practice)
    SELECT uuidv7(), workspace_id, persona_id, host_id, platform, handle || '-' || n, transport, origin, practice
    FROM accounts, generate_series(1, %(count)s) n WHERE id = %(account)s RETURNING id
"""
_CLAIMED = """
    INSERT INTO attempts (workspace_id, task_id, account_id, kind, lane, release_seq, host, pid, process_identity,
                          deadline_at, lease_until)
    SELECT workspace_id, id, account_id, 'perform', lane, 1, 'bench', 1, 'x', now() + interval '1 hour',
           now() + interval '1 hour'
    FROM tasks WHERE correlation_id = %(mark)s
"""
_TASKS = f"""
    SELECT {", ".join(f"t.{field.name}" for field in fields(TaskRow))},
           a.id AS attempt_id, a.kind, a.started_at AS claimed_at, 0 AS failed_looks
    FROM tasks t JOIN attempts a ON a.task_id = t.id WHERE t.correlation_id = :mark
"""
_ACTING = "SELECT id, workspace_id, platform, handle, origin, transport, practice FROM accounts WHERE id = ANY (:accounts)"
_LEAVE = (
    "DELETE FROM effects USING tasks t WHERE task_id = t.id AND t.correlation_id = %(mark)s",
    "DELETE FROM attempts USING tasks t WHERE task_id = t.id AND t.correlation_id = %(mark)s",
    "DELETE FROM tasks WHERE correlation_id = %(mark)s",
    "DELETE FROM limits",
    "DELETE FROM scopes WHERE gate IN ('budgets', 'spacing')",
)


def figures(home: Home) -> list[Figure]:
    """Rules that are never full: of all four kinds of scope for one account, and one of the workspace for many accounts."""
    place = host.place(home)
    values = {"document": json.dumps(to_json(ROOMY)), "account": place.account_id, "workspace": place.workspace_id}
    alone = _measure(home, [place], _LIMITS, values)
    made = home.database.execute(_ACCOUNTS, values | {"count": EACH}).fetchall()
    accounts = [replace(place, account_id=UUID(str(row[0]))) for row in made]
    together = _measure(home, accounts, _LIMIT, values)
    home.database.execute("DELETE FROM accounts WHERE id = ANY (%(ids)s)", {"ids": [one.account_id for one in accounts]})
    return [
        Figure(
            f"Intents of one account under rules of four scopes, {PROCESSES} connections", alone, "at least 1,000 a second"
        ),
        Figure(f"Intents of {EACH} accounts under one rule of their workspace", together, "500 a second"),
    ]


def _measure(home: Home, places: list[Place], limit: str, values: dict[str, Any]) -> str:
    """Return how many intents are written a second for tasks of these places, in turn."""
    values = values | {"mark": MARK}
    home.database.execute(limit, values)
    stored.store(home, places, STORED, stored.Sort("comment", stored.COMMENT, MARK))
    home.database.execute("SET session_replication_role = replica")
    home.database.execute("UPDATE tasks SET status = 'running', release_seq = 1 WHERE correlation_id = %(mark)s", values)
    home.database.execute("RESET session_replication_role")
    home.database.execute(_CLAIMED, values)
    home.database.execute("ANALYZE")
    try:
        written, took = asyncio.run(_write(home, [place.account_id for place in places]))
    finally:
        for statement in _LEAVE:
            home.database.execute(statement, values)
    return f"{written / took:,.0f} a second"


async def _write(home: Home, accounts: list[UUID | None]) -> tuple[int, float]:
    engines = [connect(home.settings, "worker", pool_size=1) for _ in range(PROCESSES)]
    async with single_statements(engines[0]).connect() as connection:
        acting = rows_of(ClaimedAccount, await connection.execute(text(_ACTING), {"accounts": accounts}))
        rows = (await connection.execute(text(_TASKS), {"mark": MARK})).mappings().all()
    of = {account.id: account for account in acting}
    waiting = [ClaimedTask(**{str(k): v for k, v in row.items()}, account=of[row["account_id"]]) for row in rows]
    begun = time.monotonic()
    processes = [IntentBatcher(engine, home.settings, Process("bench", 1, "x")) for engine in engines]
    writers = [_writer(intents, waiting, begun + SECONDS) for intents in processes for _ in range(EACH)]
    written = sum(await asyncio.gather(*writers))
    took = time.monotonic() - begun
    for engine in engines:
        await engine.dispose()
    return written, took


async def _writer(intents: IntentBatcher, waiting: list[ClaimedTask], ends: float) -> int:
    """Write the intent of one attempt after the other, up to its call."""
    capability = MANIFESTS[host.PLATFORM].capability("comment", "chromium")
    assert capability is not None
    written = 0
    while waiting and time.monotonic() < ends:
        task = waiting.pop()
        by = Attempted(task.attempt_id, task, "comment")
        await intents.write(
            ProposedCall(by, Request(str(task.id), CommentContent(text=task.payload["text"]), "key"), NOTHING, capability)
        )
        written += 1
    return written
