"""Does PostgreSQL count a ledger to the same as the pure decision does, whatever stands in it?"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from shared.db.session import connect
from shared.engine.rules.budgets import Used, full, to_park
from shared.engine.rules.cooldown import Cooldown
from shared.engine.rules.facts import AccountState
from shared.engine.rules.ledger import Standing, counted, share_of
from shared.engine.rules.limits import ANY, Limits, Rule, Spacing
from shared.engine.store.limits import budgets
from shared.identity.bootstrap import bootstrap_local
from shared.settings import Settings

ACTIONS = ("comment", "dm")
LEDGERS = 40
_TASK = """
    INSERT INTO tasks (id, workspace_id, type, type_version, platform, account_id, lane, priority, rank, payload,
                       payload_hash, status, due_at, max_retries, correlation_id)
    SELECT gen_random_uuid(), workspace_id, 'comment', 1, platform, id, 'l', 3, 3, '{}', '', 'pending', now(), 3, 'c'
    FROM accounts WHERE id = %(account)s RETURNING id
"""
_ATTEMPT = """
    INSERT INTO attempts (workspace_id, task_id, account_id, kind, lane, release_seq, host, pid, pid_started_at, deadline_at,
                          lease_until, ended_at, outcome)
    SELECT workspace_id, id, account_id, 'perform', lane, 1, 'h', 1, 1, now(), now(), now(), 'lost'
    FROM tasks WHERE id = %(task)s RETURNING id
"""
_EFFECTS = """
    INSERT INTO effects (id, workspace_id, task_id, attempt_id, account_id, persona_id, platform, step, action, target, text,
                         fingerprint, baseline, outcome, external_id, call_deadline, settled_at)
    SELECT gen_random_uuid(), a.workspace_id, %(task)s, %(attempt)s, a.id, a.persona_id, a.platform, 'step ' || r.number,
           r.action, 't', '', r.number::text, '{}', r.outcome, r.number::text, r.deadline,
           r.settled
    FROM accounts a, unnest(%(actions)s::text[], %(outcomes)s::text[], %(deadlines)s::timestamptz[],
                            %(settled)s::timestamptz[]) WITH ORDINALITY AS r(action, outcome, deadline, settled, number)
    WHERE a.id = %(account)s
"""


@pytest.fixture
def owner(database: Settings) -> Iterator[psycopg.Connection]:
    bootstrap_local(database, ("instagram",))
    address = database.database_url_for("owner").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def fill(owner: psycopg.Connection, dice: random.Random, account: object, now: datetime) -> None:
    """Up to a dozen effects of the last two hours: settled, refused, absent, in flight, and overdue."""
    rows = []
    for _ in range(dice.randint(0, 12)):
        at = now - timedelta(seconds=dice.uniform(0, 7200))
        outcome = dice.choice(["confirmed", "confirmed", "refused", "absent", "intended", "unknown"])
        settled = None if outcome in {"intended", "unknown"} else at
        deadline = now + timedelta(seconds=dice.uniform(-600, 60)) if settled is None else at
        rows.append((dice.choice(ACTIONS), outcome, deadline, settled))
    owner.execute("TRUNCATE effects, attempts, tasks CASCADE")
    task = owner.execute(_TASK, {"account": account}).fetchone()["id"]
    attempt = owner.execute(_ATTEMPT, {"task": task}).fetchone()["id"]
    names = ("actions", "outcomes", "deadlines", "settled")
    columns: dict[str, Any] = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    owner.execute(_EFFECTS, columns | {"task": task, "attempt": attempt, "account": account})


def drawn(dice: random.Random, state: AccountState, now: datetime) -> AccountState:
    """The same account with other limits, and a cooldown behind it in half of all cases."""

    def limits() -> Limits:
        rules = [Rule(dice.choice([ANY, *ACTIONS]), dice.choice([60, 1800, 7200]), dice.randint(0, 6)) for _ in range(2)]
        pauses = [Spacing(ANY, 30, dice.randint(30, 900))] if dice.random() < 0.5 else []
        return Limits(tuple(rules), tuple(pauses))

    rested = timedelta(minutes=dice.randint(10, 90))
    rest = Cooldown("rate_limit", now - rested * 1.5, now - rested / 2, dice.choice([0.25, 0.5]))
    scopes = tuple((scope, limits()) for scope, _ in state.limits)
    return replace(state, limits=scopes, cooldown=rest if dice.random() < 0.5 else None)


def parked(account: AccountState, ledger: budgets.Ledger, now: datetime) -> list[Any]:
    return [
        one
        for scope, limits in account.limits
        for one in to_park(scope, limits, ledger[scope], now, share=share_of(account, scope, now))
    ]


def test_what_postgresql_counts_is_what_the_decision_counts(database: Settings, owner: psycopg.Connection):
    account = owner.execute("SELECT id, workspace_id FROM accounts").fetchone()
    scopes = [f"account:{account['id']}", "workspace", "platform:instagram"]
    plain = AccountState(
        *("connected", *[None] * 5),
        practice=False,
        limits=tuple((scope, Limits()) for scope in scopes),
        budget_scopes=tuple(scopes),
    )

    async def both(state: AccountState, now: datetime) -> tuple[Standing, budgets.Ledger]:
        engine = connect(database, "worker")
        async with engine.connect() as connection:
            standing = await budgets.standing(connection, account["workspace_id"], [state], now)
            ledger = await budgets.ledger(connection, account["workspace_id"], state)
        await engine.dispose()
        return standing, ledger

    for seed in range(LEDGERS):
        dice, now = random.Random(seed), datetime.now(UTC)
        fill(owner, dice, account["id"], now)
        state = drawn(dice, plain, now)
        standing, ledger = asyncio.run(both(state, now))
        assert standing.full(now) == parked(state, ledger, now), seed
        one_more = Used(dice.choice(ACTIONS), uuid4(), None, now + timedelta(seconds=dice.uniform(1, 60)))
        # Where a cooldown leaves a share, its end is counted when the effect settles.
        if state.cooldown is None and not any(
            full(one.uses, one_more.action) for one in counted(state, ledger, one_more.action, now)
        ):
            longer = {scope: [*used, one_more] for scope, used in ledger.items()}
            assert standing.with_one(state, one_more).full(now) == parked(state, longer, now), seed
        for action in ACTIONS:
            theirs, ours = standing.for_action(state, action, now), counted(state, ledger, action, now)
            assert [one.spaced_until for one in theirs] == [one.spaced_until for one in ours], seed
            for one, other in zip(theirs, ours, strict=True):
                assert [use.used for use in one.uses] == [use.used for use in other.uses], seed
                assert full(one.uses, action) == full(other.uses, action), seed
