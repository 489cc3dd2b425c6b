"""Does a destination that does not answer get its rest, and does one task try it first?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from shared.db import leases
from shared.db.session import connect
from shared.engine.rules.fairness import Turns
from shared.engine.rules.gates import GATES
from shared.engine.store import facts as stored_facts
from shared.engine.store import release
from shared.engine.store.limits import breakers
from shared.errors import ContentRejected, Transient
from shared.task_types.comment import SPEC
from tests.support.claimed import claimed_account, claimed_task
from tests.support.gateway import Gateway, comment, new_workspace
from workers.attempts.breaker import note_end
from workers.dispatch.select import Candidates, choose, open_streams

LANE = "chromium.local.instagram"
DOWN = Transient(code="site_error", message="The site answered 503.")
KEY = "instagram:chromium:comment"


class Destination:
    """Instagram over Chromium, as attempts at comments find it."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.engine = connect(gateway.settings, "worker")
        self.account = gateway.query("SELECT * FROM accounts WHERE platform = 'instagram'")[0]
        gateway.query("UPDATE hosts SET keeper_seen_at = now() + interval '1 hour'")
        gateway.query(
            "INSERT INTO workers (id, pool, host, pid, version, lanes, concurrency, seen_until)"
            f" VALUES ('w', 'instagram', 'h', 1, '1', '{{{LANE}}}', 1, now() + interval '1 hour')"
        )

    async def ends(
        self, error: Exception | None, *, times: int = 1, task: UUID | None = None, kind: str = "perform"
    ) -> None:
        """So many attempts end like this."""
        row = claimed_task(account=claimed_account(self.account), id=task or UUID(int=1), kind=kind)
        for _ in range(times):
            await note_end(self.engine, self.gateway.settings, row, SPEC, error, datetime.now(UTC))

    def waits(self, task: dict) -> str:
        """What the gate `connection` says about a task."""
        found = self.gateway.http.get(f"/api/scheduler/task/{task['id']}/explain").json()
        return next(gate["reason"] for gate in found["gates"] if gate["gate"] == "connection")

    def rest_is_over(self) -> None:
        self.gateway.query("UPDATE breakers SET opens_at = now() - interval '1 second'")

    async def release(self) -> list[UUID]:
        """Release what may run, as the dispatcher does."""
        engine = connect(self.gateway.settings, "dispatcher")
        async with engine.begin() as connection:
            token = await leases.take(connection, "dispatcher", "test", 60)
            surveyed = await release.survey(connection, {"key": "dispatcher", "holder": "test", "token": token})
            assert surveyed is not None
            streams, facts = surveyed
            rows = (await release.take(connection, open_streams(streams, facts, 100, GATES), facts.now)).rows
            chosen = choose(Candidates(rows, await stored_facts.task_facts(connection, rows)), facts, GATES, Turns())
            ids = [row.id for row in chosen.released]
            await breakers.let_try(connection, chosen.trials)
            await release.release(connection, ids, {})
        await engine.dispose()
        return ids


@pytest_asyncio.fixture
async def destination(gateway: Gateway):
    made = Destination(gateway)
    yield made
    await made.engine.dispose()


async def test_it_opens_after_failures_in_a_row_and_says_when_it_tries_again(destination: Destination):
    task = destination.gateway.submit(comment(destination.gateway.settings))
    await destination.ends(DOWN, times=4)
    assert destination.waits(task) == ""
    assert (await destination.release()) != []
    destination.gateway.query("UPDATE tasks SET status = 'pending'")

    await destination.ends(DOWN)

    assert destination.waits(task).startswith("5 failures in a row, tries again at 20")
    assert await destination.release() == []
    events = destination.gateway.query("SELECT data FROM task_events WHERE type = 'scope.parked'")
    assert [(event["data"]["key"], event["data"]["reason"]) for event in events] == [(KEY, "5 failures in a row")]
    planned = destination.gateway.http.get("/api/scheduler/plan").json()["items"][0]["expected_start"]
    assert datetime.fromisoformat(planned) > datetime.now(UTC) + timedelta(seconds=20)


async def test_an_answer_between_them_starts_the_count_anew(destination: Destination):
    task = destination.gateway.submit(comment(destination.gateway.settings))
    for said in (None, ContentRejected(code="target_missing")):
        await destination.ends(DOWN, times=4)
        await destination.ends(said)
    assert destination.waits(task) == ""
    assert destination.gateway.query("SELECT * FROM breakers") == []


async def test_a_look_at_an_unknown_outcome_counts_for_nothing(destination: Destination):
    await destination.ends(DOWN, times=9, kind="verify")
    assert destination.gateway.query("SELECT * FROM breakers") == []


async def test_after_its_rest_exactly_one_task_tries(destination: Destination):
    tasks = [destination.gateway.submit(comment(destination.gateway.settings, text=f"Words {n}.")) for n in range(3)]
    await destination.ends(DOWN, times=5)
    destination.rest_is_over()

    released = await destination.release()
    assert released == [UUID(tasks[0]["id"])]
    assert await destination.release() == []
    assert destination.waits(tasks[1]) == "5 failures in a row, another task tries first"

    await destination.ends(DOWN, task=released[0])
    assert destination.waits(tasks[1]).startswith("6 failures in a row, tries again at ")
    opens_at = destination.gateway.query("SELECT opens_at FROM breakers")[0]["opens_at"]
    assert timedelta(seconds=50) < opens_at - datetime.now(UTC) <= timedelta(seconds=60)


async def test_a_trial_that_succeeds_lets_everybody_go_on(destination: Destination):
    tasks = [destination.gateway.submit(comment(destination.gateway.settings, text=f"Words {n}.")) for n in range(3)]
    await destination.ends(DOWN, times=5)
    destination.rest_is_over()
    released = await destination.release()

    await destination.ends(None, task=released[0])

    assert destination.waits(tasks[1]) == ""
    assert len(await destination.release()) == 1  # a lane of one takes two messages
    assert destination.gateway.query("SELECT 1 FROM task_events WHERE type = 'scope.opened'")


async def test_when_the_task_that_tries_comes_back_without_an_answer_another_tries(destination: Destination):
    for number in range(2):
        destination.gateway.submit(comment(destination.gateway.settings, text=f"Words {number}."))
    await destination.ends(DOWN, times=5)
    destination.rest_is_over()
    assert len(await destination.release()) == 1
    destination.gateway.query("UPDATE tasks SET status = 'pending' WHERE status = 'queued'")

    assert len(await destination.release()) == 1


async def test_other_capabilities_and_workspaces_go_on(destination: Destination):
    settings = destination.gateway.settings
    await destination.ends(DOWN, times=5)
    task = destination.gateway.submit(comment(settings))
    message = destination.gateway.submit(
        {"type": "dm", "platform": "instagram", "account": "demo", "payload": {"to": "maple_studio", "text": "Hello."}}
    )
    theirs = destination.gateway.with_key(new_workspace(settings, "theirs", ("read",)))

    assert destination.waits(task) != ""
    assert destination.waits(message) == ""
    assert theirs.get("/api/scheduler/status").status_code == 200
    keys = destination.gateway.query(
        "SELECT key FROM breakers WHERE workspace_id = %(id)s", id=destination.gateway.workspace_id
    )
    assert [row["key"] for row in keys] == [KEY]


@pytest.mark.parametrize("scope", ["platform:instagram"])
async def test_a_person_who_resumes_the_platform_has_it_tried_at_once(destination: Destination, scope: str):
    task = destination.gateway.submit(comment(destination.gateway.settings))
    await destination.ends(DOWN, times=5)

    destination.gateway.post("/api/scheduler/resume", {"scope": scope})

    assert destination.waits(task) == ""
    assert await destination.release() == [UUID(task["id"])]
