"""Is every task of a batch asked for itself before it goes, in its turn?"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from shared.engine.rules.gates import MESSAGES_OUT
from shared.task_types.registry import TASK_TYPES
from tests.support.dispatching import Wire, lead_until, serve_lanes, store
from tests.support.gateway import Gateway

ROOM = MESSAGES_OUT * TASK_TYPES["probe"].batch  # of a lane with one place


def serve_one_place(gateway: Gateway) -> None:
    serve_lanes(gateway, "media")
    gateway.query("UPDATE lanes SET concurrency = 1 WHERE name = 'media'")


def batched(gateway: Gateway) -> list[list[str]]:
    rows = gateway.query("SELECT task_ids::text[] AS ids FROM batches WHERE lane = 'media' ORDER BY released_at, id")
    return [row["ids"] for row in rows]


def some_are_out(gateway: Gateway) -> Any:
    return lambda: batched(gateway) != []


def test_who_waits_for_an_approval_for_its_time_or_is_too_late_is_in_no_batch(gateway: Gateway):
    serve_one_place(gateway)
    approval, late, hours, *free = store(gateway, "probe", "media", 6)
    gateway.query("UPDATE tasks SET approval_required = true, payload_hash = 'x' WHERE id = %(id)s", id=approval)
    gateway.query("UPDATE tasks SET expires_at = now() - interval '1 second' WHERE id = %(id)s", id=late)
    gateway.query("UPDATE tasks SET not_before = now() + interval '1 hour' WHERE id = %(id)s", id=hours)
    lead_until(gateway, Wire(), some_are_out(gateway))
    (batch,) = batched(gateway)
    assert sorted(batch) == sorted(free)
    rows = gateway.query(
        "SELECT id::text AS id, status, error ->> 'code' AS code FROM tasks WHERE NOT id = ANY (%(i)s)", i=free
    )
    states = {row["id"]: (row["status"], row["code"]) for row in rows}
    assert states[late] == ("failed", "expired")
    assert states[approval][0] in {"pending", "awaiting_approval"}
    assert states[hours][0] in {"pending", "scheduled"}


def test_a_workspace_with_a_few_goes_beside_one_with_very_many(gateway: Gateway):
    serve_one_place(gateway)
    other = str(uuid4())
    gateway.query("INSERT INTO workspaces (id, name) VALUES (%(id)s, 'other')", id=other)
    store(gateway, "probe", "media", 3 * ROOM)
    few = store(gateway, "probe", "media", 10, workspace=other)
    lead_until(gateway, Wire(), some_are_out(gateway))
    assert [batch for batch in batched(gateway) if set(batch) & set(few)] == [
        batch for batch in batched(gateway) if len(batch) == 10
    ]
    assert {task for batch in batched(gateway) for task in batch} >= set(few)
    assert sum(map(len, batched(gateway))) <= ROOM


def test_what_has_aged_is_in_the_first_batch(gateway: Gateway):
    many = store(gateway, "probe", "media", 2 * ROOM)
    (old,) = store(gateway, "probe", "media", 1)
    gateway.query("UPDATE tasks SET priority = 1, rank = 1, due_at = now() WHERE id = ANY (%(ids)s::uuid[])", ids=many)
    gateway.query("UPDATE tasks SET priority = 5, rank = 5, due_at = now() - interval '3 days' WHERE id = %(id)s", id=old)
    rank = "SELECT rank FROM tasks WHERE id = %(id)s"
    lead_until(gateway, Wire(), lambda: gateway.query(rank, id=old) == [{"rank": 1}])
    serve_one_place(gateway)
    lead_until(gateway, Wire(), some_are_out(gateway))
    assert batched(gateway)[0][0] == old


def test_tasks_of_several_ranks_and_requests_go_together_in_their_order_with_their_own_correlation(gateway: Gateway):
    serve_one_place(gateway)
    low, high = store(gateway, "probe", "media", 3), store(gateway, "probe", "media", 2)
    gateway.query("UPDATE tasks SET due_at = now()")
    gateway.query(
        "UPDATE tasks SET rank = 1, priority = 1, correlation_id = id::text WHERE id = ANY (%(ids)s::uuid[])", ids=high
    )
    lead_until(gateway, Wire(), some_are_out(gateway))
    (batch,) = batched(gateway)
    assert (sorted(batch[:2]), sorted(batch[2:])) == (sorted(high), sorted(low))
    (event,) = gateway.query("SELECT task_ids::text[] AS ids, correlation_ids AS said FROM task_events WHERE seq > 0")
    assert event["ids"] == batch
    assert event["said"] == [*batch[:2], *["stored"] * 3]
