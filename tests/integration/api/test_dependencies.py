"""Do tasks wait for all that they depend on, fail with it, and read what came of it?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.db.session import connect
from shared.engine.store import tasks
from tests.support.gateway import PROBE, Gateway, comment
from tests.support.worker import work_on, worker
from workers.dispatcher import Loop

ROUNDS = 8  # more than any chain here is long
SEARCH = {"type": "discovery", "platform": "instagram", "account": "demo", "payload": {"query": "#ceramics"}}


class Wire:
    """A broker that takes every message and delivers none."""

    def send_task(self, *_: Any, **__: Any) -> None: ...


@pytest.fixture
def tick(module_gateway: Gateway) -> Callable[[], None]:
    """A leading dispatcher's rounds, until nothing changes any more."""
    module_gateway.query("DELETE FROM workers")
    module_gateway.query(
        "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
        " VALUES ('w', 'system', 'h', 1, '1', '{system}', 1, now() + interval '1 hour')"
    )
    # Nobody works here: what earlier tests have released keeps its room.
    module_gateway.query("INSERT INTO lanes (name, concurrency) VALUES ('system', 100) ON CONFLICT DO NOTHING")

    async def rounds() -> None:
        loop = Loop(module_gateway.settings, Wire())
        assert await loop._lead()
        for _ in range(ROUNDS):
            await loop._release()
        await loop.close()

    return lambda: asyncio.run(rounds())


def batch(gateway: Gateway, needs: list[list[int]]) -> list[str]:
    tasks = [PROBE | {"dependencies": [f"#{n}" for n in some]} for some in needs]
    ids: list[str] = gateway.post("/api/scheduler/tasks", {"tasks": tasks}).json()["ids"]
    return ids


def states(gateway: Gateway, ids: list[str]) -> list[str]:
    found = {
        str(row["id"]): row["status"] for row in gateway.query("SELECT id, status FROM tasks WHERE id = ANY (%(i)s)", i=ids)
    }
    return [found[task] for task in ids]


def finish(gateway: Gateway, task: str, status: str = "completed", result: dict[str, Any] | None = None) -> None:
    """What recording an attempt's end does."""
    for state in ("queued", "running", status):
        gateway.query(
            "UPDATE tasks SET status = %(s)s, released_at = now(), finished_at = now(), result = CAST(%(r)s AS jsonb)"
            " WHERE id = %(id)s AND status <> %(s)s AND NOT (status = 'queued' AND %(s)s = 'queued')",
            s=state,
            id=task,
            r=json.dumps(result),
        )
    gateway.query("UPDATE tasks SET wake_key = NULL, parked_at = NULL WHERE wake_key = %(k)s", k=f"task:{task}")


def test_a_task_waits_for_all_of_fifty(module_gateway: Gateway, tick: Callable[[], None]):
    ids = batch(module_gateway, [[] for _ in range(50)] + [list(range(50))])
    for task in ids[:49]:
        finish(module_gateway, task)
    tick()
    assert states(module_gateway, ids[49:]) == ["queued", "pending"]
    shown = module_gateway.http.get(f"/api/scheduler/task/{ids[50]}").json()
    assert len(shown["dependencies"]) == 50
    assert ids[49] in shown["waiting_for"][0]["reason"]
    finish(module_gateway, ids[49])
    tick()
    assert states(module_gateway, ids[50:]) == ["queued"]


def test_both_sides_of_a_diamond_come_before_its_end(module_gateway: Gateway, tick: Callable[[], None]):
    ids = batch(module_gateway, [[], [0], [0], [1, 2]])
    tick()
    assert states(module_gateway, ids) == ["queued", "pending", "pending", "pending"]
    finish(module_gateway, ids[0])
    tick()
    assert states(module_gateway, ids[1:]) == ["queued", "queued", "pending"]
    finish(module_gateway, ids[2])
    tick()
    assert states(module_gateway, ids[3:]) == ["pending"]
    finish(module_gateway, ids[1])
    tick()
    assert states(module_gateway, ids[3:]) == ["queued"]


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_what_failed_fails_all_levels_below_and_nothing_beside(module_gateway: Gateway, tick: Callable[[], None], end: str):
    ids = batch(module_gateway, [[], [0], [1], [2], [3], []])
    tick()
    finish(module_gateway, ids[0], end)
    tick()
    assert states(module_gateway, ids) == [end, "failed", "failed", "failed", "failed", "queued"]
    for task in ids[1:5]:
        assert module_gateway.http.get(f"/api/scheduler/task/{task}").json()["error"]["code"] == "dependency_failed"


def test_replaying_a_parent_offers_what_failed_because_of_it_and_nothing_else(
    module_gateway: Gateway, tick: Callable[[], None]
):
    ids = batch(module_gateway, [[], [0], [1], []])
    tick()
    finish(module_gateway, ids[3], "failed")
    finish(module_gateway, ids[0], "failed")
    tick()
    assert states(module_gateway, ids) == ["failed"] * 4

    offered = module_gateway.post("/api/dead-letters/replay", {"ids": [ids[0]]}).json()
    assert [item["outcome"] for item in offered["items"]] == ["replayed"]
    assert sorted(offered["dependents"]) == sorted(ids[1:3])
    assert states(module_gateway, ids) == ["pending", "failed", "failed", "failed"]

    done = module_gateway.post("/api/dead-letters/replay", {"ids": [ids[0]], "dependents": True}).json()
    assert {item["id"]: item["outcome"] for item in done["items"]} == {
        ids[0]: "not_failed", ids[1]: "replayed", ids[2]: "replayed"
    }  # fmt: skip
    tick()
    assert states(module_gateway, ids) == ["queued", "pending", "pending", "failed"]


def test_a_text_may_refer_to_the_results_of_its_own_dependencies_only(module_gateway: Gateway):
    here = module_gateway
    other = here.submit()["id"]
    words = comment(here.settings, text="{{ tasks.#0.result.host }}") | {"dependencies": ["#0"]}
    answer = here.post("/api/scheduler/tasks", {"tasks": [PROBE, words]})
    first, second = answer.json()["ids"]
    stored = here.http.get(f"/api/scheduler/task/{second}").json()["payload"]
    assert stored["text"] == f"{{{{ tasks.{first}.result.host }}}}"

    wrong = comment(here.settings, text=f"{{{{ tasks.{other}.result.host }}}}")
    before = here.stored()
    refusals = [
        (here.post("/api/scheduler/task", wrong), "payload.text"),
        (here.post("/api/scheduler/task", wrong | {"dependencies": [first]}), "payload.text"),
        (here.post("/api/scheduler/tasks", {"tasks": [PROBE, words | {"dependencies": []}]}), "tasks[1].payload.text"),
        (here.http.patch(f"/api/scheduler/task/{second}", json={"payload": wrong["payload"]}), "payload.text"),
        (here.post("/api/schedules", {"task": wrong, "rule": "FREQ=DAILY", "zone": "UTC"}), "task.payload.text"),
    ]
    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer, _ in refusals] == [
        (422, field) for _, field in refusals
    ]
    assert here.stored() == before
    again = {"payload": comment(here.settings, text=f"Now {{{{ tasks.{first}.result.pid }}}}")["payload"]}
    assert here.http.patch(f"/api/scheduler/task/{second}", json=again).status_code == 200


def refused(answer: Any, status: int, field: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert [error["field"] for error in found["errors"]] == [field]
    return found


def test_references_keep_their_type_and_are_looked_at_when_they_are_stored(module_gateway: Gateway):
    here = module_gateway

    def order(payload: dict[str, Any], more: dict[str, Any] | None = None) -> Any:
        follows = (more or SEARCH) | {"payload": payload, "dependencies": ["#0"]}
        return here.post("/api/scheduler/tasks", {"tasks": [SEARCH, follows]})

    fits = "{{ tasks.#0.result.posts.0.likes }}"
    first, second = order({"query": "x", "limit": fits}).json()["ids"]
    stored = here.http.get(f"/api/scheduler/task/{second}").json()["payload"]
    assert stored == {"query": "x", "limit": fits.replace("#0", first)}
    url = {"post_url": "{{ tasks.#0.result.posts.2.url }}", "text": "It is {{ tasks.#0.status }}."}
    assert order(url, comment(here.settings)).status_code == 201

    before = here.stored()
    field = "tasks[1].payload.limit"
    refused(order({"query": "x", "limit": "{{ tasks.#0.result.nothing }}"}), 422, field)
    error = refused(order({"query": "x", "limit": "{{ tasks.#0.result.posts }}"}), 422, field)
    assert error["code"] == "reference_type"
    assert "a list" in error["errors"][0]["message"]
    assert "a whole number" in error["errors"][0]["message"]
    refused(order({"query": "", "limit": fits}), 422, "tasks[1].payload.query")
    refused(
        here.post("/api/scheduler/tasks", {"tasks": [SEARCH, SEARCH | {"payload": {"query": "x", "limit": fits}}]}),
        422,
        field,
    )
    lane = PROBE | {"payload": {"lane": "{{ tasks.#0.result.posts.0.text }}"}, "dependencies": ["#0"]}
    refused(here.post("/api/scheduler/tasks", {"tasks": [SEARCH, lane]}), 422, "tasks[1].payload.lane")
    assert here.stored() == before
    change = {"payload": {"query": "x", "limit": "{{ tasks.%s.result.complete }}" % first}}  # noqa: UP031 - braces
    refused(here.http.patch(f"/api/scheduler/task/{second}", json=change), 422, "payload.limit")


@pytest.mark.parametrize(
    ("result", "code"),
    [({}, "reference_missing"), ({"lane": "x" * 3000}, "reference_too_long"), ({"lane": "NOT A LANE"}, "reference_invalid")],
)
def test_a_reference_that_cannot_be_filled_fails_the_task_for_good(module_gateway: Gateway, result, code: str):
    first, second = batch(module_gateway, [[], [0]])
    finish(module_gateway, first, result=result)
    # A lane is no free text, so the door lets no reference into it; the worker is asked here, not the door.
    module_gateway.query(
        "UPDATE tasks SET unfilled = true, payload = jsonb_build_object('lane', CAST(%(said)s AS text)) WHERE id = %(id)s",
        said=f"{{{{ tasks.{first}.result.lane }}}}",
        id=second,
    )
    with worker(module_gateway) as process:
        assert work_on(module_gateway, process, second) == "failed"
    assert module_gateway.http.get(f"/api/scheduler/task/{second}").json()["error"]["code"] == code


def test_a_claimed_task_works_with_the_results_in_place(module_gateway: Gateway):
    first, second = batch(module_gateway, [[], [0]])
    finish(module_gateway, first, result={"lane": "system"})
    module_gateway.query(
        "UPDATE tasks SET unfilled = true, payload = jsonb_build_object('lane', CAST(%(said)s AS text)) WHERE id = %(id)s",
        said=f"{{{{ tasks.{first}.result.lane }}}}",
        id=second,
    )
    with worker(module_gateway) as process:
        assert work_on(module_gateway, process, second) == "completed"


def test_a_task_is_stored_while_the_one_it_depends_on_is_being_moved(module_gateway: Gateway):
    first = module_gateway.submit()["id"]

    async def go() -> None:
        engine = connect(module_gateway.settings, "dispatcher")
        async with engine.begin() as connection:
            await tasks.lock(connection, UUID(first))
            # Were its reference to wait for this transaction, it would do so with the event counter in hand.
            await asyncio.wait_for(asyncio.to_thread(module_gateway.submit, dependencies=[first]), 5)
            await tasks.change(connection, UUID(first), {"status": "cancelled"})
        await engine.dispose()

    asyncio.run(go())
    assert states(module_gateway, [first]) == ["cancelled"]


def test_a_part_is_added_to_a_run_while_another_one_ends(module_gateway: Gateway):
    part, run = module_gateway.submit(comment(module_gateway.settings))["id"], str(uuid4())
    module_gateway.query(
        "INSERT INTO runs (id, workspace_id, kind, name, account_id)"
        " SELECT %(run)s, workspace_id, 'comment_run', 'x', account_id FROM tasks"
        " WHERE id = %(part)s",
        run=run,
        part=part,
    )
    module_gateway.query("UPDATE tasks SET run_id = %(run)s WHERE id = %(part)s", run=run, part=part)
    with module_gateway.owner() as ending, ending.transaction():
        ending.execute("UPDATE tasks SET status = 'cancelled', finished_at = now() WHERE id = %s", (part,))
        with module_gateway.owner() as adding:
            adding.execute("SET lock_timeout = '2s'")
            adding.execute(
                "INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid()))).*"
                " FROM tasks t WHERE id = %s",
                (part,),
            )
    assert module_gateway.query("SELECT state FROM runs WHERE id = %(run)s", run=run) == [{"state": "cancelled"}]
    module_gateway.query(
        "UPDATE tasks SET status = 'scheduled', not_before = now() WHERE status = 'pending' AND run_id = %(run)s", run=run
    )
    assert module_gateway.query("SELECT state FROM runs WHERE id = %(run)s", run=run) == [{"state": "open"}]
