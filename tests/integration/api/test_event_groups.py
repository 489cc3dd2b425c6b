"""Does every reader see the events of a group one by one, as if each had been written alone?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid

from shared.db import events
from shared.db.session import connect
from shared.engine.store import archive
from shared.notifications import repository as notifications
from shared.webhooks import repository as webhooks
from tests.support.gateway import PROBE, Gateway, comment, serve

KIND = "task.running"


@pytest.fixture
def gateway(database) -> Iterator[Gateway]:
    with serve(database.model_copy(update={"egress_allowed": "127.0.0.0/8"})) as running:
        yield running


def append(gateway: Gateway, tasks: list[str], correlations: list[str] | None = None, kind: str = KIND) -> UUID:
    """One row for all of these tasks; answers its group."""
    group = uuid4()

    async def run() -> None:
        engine = connect(gateway.settings, "worker")
        async with engine.begin() as connection:
            ids = [UUID(task) for task in tasks]
            data = {"task_type": "probe", "lane": "system"} | ({} if correlations else {"correlation_id": "all"})
            await events.append_group(
                connection, UUID(gateway.workspace_id), kind, data, tasks=ids, group=group, correlations=correlations
            )
        await engine.dispose()

    gateway.query(
        "UPDATE tasks SET event_groups = event_groups || %(group)s WHERE id = ANY (%(ids)s)", group=group, ids=tasks
    )
    asyncio.run(run())
    return group


def submitted(gateway: Gateway, number: int) -> list[str]:
    ids: list[str] = gateway.post("/api/scheduler/tasks", {"tasks": [PROBE] * number}).json()["ids"]
    return ids


def stream(gateway: Gateway, after: int, number: int) -> list[dict[str, Any]]:
    return [event for _, event in zip(range(number), gateway.events(after=after), strict=False)]


@pytest.mark.parametrize("after", [5, 6, 8, 9])
def test_a_cursor_in_the_midst_of_a_group_goes_on_there(gateway: Gateway, after: int):
    ids = submitted(gateway, 5)
    append(gateway, ids)
    later = gateway.submit()
    seen = stream(gateway, after, 11 - after)
    assert [event["seq"] for event in seen] == list(range(after + 1, 12))
    assert [event["subject"] for event in seen] == [*ids[after - 5 :], later["id"]]
    assert {event["type"] for event in seen[:-1]} == {KIND}


def test_the_events_of_a_group_have_ids_of_their_own_and_say_who_asked(gateway: Gateway):
    ids = submitted(gateway, 3)
    append(gateway, ids, ["one", "two", "three"])
    seen = stream(gateway, 3, 3)
    assert len({event["id"] for event in seen}) == 3
    assert [event["data"]["correlation_id"] for event in seen] == ["one", "two", "three"]


@pytest.mark.parametrize("correlations", [["one", None], [None, None], ["one", "one"], ["one", "two"]], ids=str)
async def test_none_has_the_correlation_id_of_another_of_its_group(gateway: Gateway, correlations: list[str | None]):
    ids = [UUID(task) for task in submitted(gateway, 2)]
    group = text(
        f"""
        WITH moved AS (
            SELECT {events.MOVED}, u.correlation_id AS own, u.place, t.event_groups[1] AS batch_id
            FROM unnest(:ids, :correlations) WITH ORDINALITY AS u(id, correlation_id, place) JOIN tasks t ON t.id = u.id
        ), groups AS ({events.GROUPS.replace("m.correlation_id", "m.own")}), {events.APPEND_GROUPS}
        SELECT count(*) FROM appended
        """
    ).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("correlations", type_=ARRAY(Text)))
    engine = connect(gateway.settings, "worker")
    async with engine.begin() as connection:
        await connection.execute(group, {"ids": ids, "correlations": correlations})
    await engine.dispose()
    assert [event["data"].get("correlation_id") for event in stream(gateway, 2, 2)] == correlations
    assert all(value is not None for event in stream(gateway, 2, 2) for value in event["data"].values())


def test_more_than_a_page_of_a_group_is_read_page_by_page(gateway: Gateway):
    ids = submitted(gateway, 1_024)
    append(gateway, ids)
    assert [event["subject"] for event in stream(gateway, 1_024, 1_024)] == ids


def test_a_tasks_history_has_its_own_events_of_its_groups_alone(gateway: Gateway):
    ids = submitted(gateway, 4)
    append(gateway, ids, [f"of {task}" for task in ids], "task.queued")
    append(gateway, ids)
    path = f"/api/scheduler/task/{ids[2]}/events"
    first = gateway.http.get(path, params={"limit": 2}).json()
    rest = gateway.http.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    seen = first["items"] + rest["items"]
    assert [(event["seq"], event["type"]) for event in seen] == [(3, "task.pending"), (7, "task.queued"), (11, KIND)]
    assert {event["subject"] for event in seen} == {ids[2]}
    assert [event["data"]["correlation_id"] for event in seen[1:]] == [f"of {ids[2]}", "all"]
    assert rest["next_cursor"] is None


def test_a_webhook_whose_look_ends_in_the_midst_of_a_group_gets_each_event_once(gateway: Gateway):
    asked = {"url": "http://127.0.0.1:9/hook", "types": [KIND]}
    assert gateway.post("/api/webhooks", asked).status_code == 201
    ids = submitted(gateway, 5)
    append(gateway, ids)

    async def run() -> list[webhooks.ClaimedDelivery]:
        engine = connect(gateway.settings, "worker")
        for _ in range(6):
            async with engine.begin() as connection:
                await webhooks.fan_out(connection, 2)
        async with engine.begin() as connection:
            got = await webhooks.claim(connection, failing=False, each=100, busy=[], limit=100, lease_s=60)
        await engine.dispose()
        return got

    got = sorted(asyncio.run(run()), key=lambda one: one.seq)
    assert [str(one.task_id) for one in got] == ids
    assert [one.seq for one in got] == list(range(got[0].seq, got[0].seq + 5))


def test_a_notification_tells_of_an_event_of_a_group(gateway: Gateway):
    asked = {"name": "ours", "target": "json://127.0.0.1:9/callsheet", "types": ["task.failed"]}
    assert gateway.post("/api/notifications", asked).status_code == 201
    ids = submitted(gateway, 3)
    append(gateway, ids, kind="task.failed")

    async def run() -> list[notifications.ClaimedNotice]:
        engine = connect(gateway.settings, "worker")
        async with engine.begin() as connection:
            await notifications.fan_out(connection, 500)
        async with engine.begin() as connection:
            got = await notifications.claim(connection, busy=[], limit=10, lease_s=60)
        await engine.dispose()
        return got

    (notice,) = asyncio.run(run())
    assert (notice.type, str(notice.task_id)) == ("task.failed", ids[0])


def test_a_group_is_forgotten_with_the_last_of_its_tasks(gateway: Gateway):
    ids = submitted(gateway, 3)
    append(gateway, ids)
    with gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE task_events SET time = now() - interval '40 days'")
    gateway.query("DELETE FROM tasks WHERE id = ANY (%(ids)s::uuid[])", ids=ids[1:])
    assert forget(gateway) == 0
    assert [event["subject"] for event in stream(gateway, 0, 6)] == [*ids, *ids]
    gateway.query("DELETE FROM tasks")
    assert forget(gateway) == 2
    assert gateway.query("SELECT 1 FROM task_events") == []


def forget(gateway: Gateway) -> int:
    async def run() -> int:
        engine = connect(gateway.settings, "worker")
        async with engine.begin() as connection:
            gone = await archive.forget_events(connection, 30, 100)
        await engine.dispose()
        return gone

    return asyncio.run(run())


def test_the_history_of_an_archived_task_has_its_events_of_groups(gateway: Gateway):
    ids = submitted(gateway, 2)
    append(gateway, ids)
    with gateway.owner() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE tasks SET status = 'completed', finished_at = now() - interval '40 days'")

    async def run() -> int:
        engine = connect(gateway.settings, "worker")
        async with engine.begin() as connection:
            moved = await archive.move_old(connection, 30, 100)
        await engine.dispose()
        return moved

    assert asyncio.run(run()) == 2
    seen = gateway.http.get(f"/api/scheduler/task/{ids[1]}/events").json()["items"]
    assert [(event["seq"], event["type"]) for event in seen] == [(2, "task.pending"), (4, KIND)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"task_ids": []},
        {"task_ids": [uuid4()] * 1_025},
        {"correlation_ids": ["one"]},
        {"group_id": None},
        {"task_id": uuid4()},
        {"data": '{"by": "somebody"}'},
        {"seq": 1},
    ],
    ids=[
        "no task",
        "too many",
        "fewer correlations",
        "no group",
        "a task of its own",
        "data that is text",
        "a number taken",
    ],
)
def test_no_group_is_stored_that_could_not_be_taken_apart(gateway: Gateway, wrong: dict[str, Any]):
    group = {"task_ids": [uuid4(), uuid4()], "correlation_ids": None, "group_id": uuid4(), "task_id": None, "data": "{}"}
    group |= {"seq": 2, "workspace": UUID(gateway.workspace_id)} | wrong
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_task_events_group"):
        gateway.query(
            "INSERT INTO task_events (workspace_id, seq, type, data, task_id, task_ids, correlation_ids, group_id)"
            " VALUES (%(workspace)s, %(seq)s, 'task.running', CAST(%(data)s AS jsonb), %(task_id)s, %(task_ids)s,"
            " %(correlation_ids)s, %(group_id)s)",
            **group,
        )


def test_many_that_are_submitted_at_once_share_the_event_of_their_beginning(gateway: Gateway):
    ids = submitted(gateway, 1_030)
    assert gateway.query("SELECT cardinality(task_ids) AS n FROM task_events ORDER BY seq") == [{"n": 1_024}, {"n": 6}]
    assert [event["subject"] for event in stream(gateway, 0, 1_030)] == ids
    (first,) = gateway.http.get(f"/api/scheduler/task/{ids[1_027]}/events").json()["items"]
    assert (first["seq"], first["type"]) == (1_028, "task.pending")
    assert first["data"]["correlation_id"]


def test_one_alone_and_what_acts_have_events_of_their_own(gateway: Gateway):
    acts = [comment(gateway.settings), comment(gateway.settings)]
    gateway.post("/api/scheduler/tasks", {"tasks": [*acts, PROBE]})
    assert gateway.query("SELECT 1 FROM task_events WHERE task_ids IS NOT NULL") == []
    assert len(stream(gateway, 0, 3)) == 3
