"""Does the database allow exactly the changes of state that the design names?"""

from __future__ import annotations

import itertools

import psycopg
import pytest

from shared.status import EDGES, EFFECT_EDGES, OUTCOMES, STATUSES
from tests.support.gateway import Gateway, comment
from tests.support.ledger import add_effect


@pytest.fixture(scope="module")
def unguarded(module_gateway: Gateway):
    """A connection of the owner that puts rows into any state and rolls everything back."""
    task = module_gateway.submit(comment(module_gateway.settings))
    with module_gateway.owner() as connection:
        connection.autocommit = False
        add_effect(connection, task["id"], "intended", "1")
        yield connection
        connection.rollback()


def allows(connection: psycopg.Connection, table: str, column: str, before: str, after: str) -> bool:
    connection.execute("SAVEPOINT here")
    connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    more = ", not_before = now(), released_at = now()" if table == "tasks" else ""
    connection.execute(f"UPDATE {table} SET {column} = %s{more}", [before])
    connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    try:
        connection.execute(f"UPDATE {table} SET {column} = %s", [after])
    except psycopg.errors.CheckViolation:
        return False
    else:
        return True
    finally:
        connection.execute("ROLLBACK TO here")


@pytest.mark.parametrize(("before", "after"), [pair for pair in itertools.product(STATUSES, STATUSES) if len({*pair}) == 2])
def test_a_task_changes_its_state_along_the_edges_only(unguarded: psycopg.Connection, before, after):
    assert allows(unguarded, "tasks", "status", before, after) == (after in EDGES[before])


@pytest.mark.parametrize(("before", "after"), [pair for pair in itertools.product(OUTCOMES, OUTCOMES) if len({*pair}) == 2])
def test_an_effects_outcome_moves_forward_only(unguarded: psycopg.Connection, before, after):
    assert allows(unguarded, "effects", "outcome", before, after) == (after in EFFECT_EDGES[before])


@pytest.mark.parametrize("status", STATUSES)
def test_a_task_begins_where_nothing_has_happened_yet(unguarded: psycopg.Connection, status: str):
    unguarded.execute("SAVEPOINT birth")
    statement = (
        "INSERT INTO tasks (id, workspace_id, type, type_version, lane, priority, status, payload, payload_hash, due_at,"
        " max_retries, correlation_id, not_before, released_at, rank)"
        " SELECT gen_random_uuid(), workspace_id, type, 1, lane, 1, %s, '{}', '', now(), 0, '', now(), now(), 1"
        " FROM tasks LIMIT 1"
    )
    try:
        unguarded.execute(statement, [status])
    except psycopg.errors.CheckViolation:
        allowed = False
    else:
        allowed = True
    unguarded.execute("ROLLBACK TO birth")
    assert allowed == (status in {"awaiting_approval", "scheduled", "pending"})


def test_events_are_never_rewritten(unguarded: psycopg.Connection):
    unguarded.execute("SAVEPOINT history")
    with pytest.raises(psycopg.errors.CheckViolation):
        unguarded.execute("UPDATE task_events SET type = 'task.completed'")
    unguarded.execute("ROLLBACK TO history")
