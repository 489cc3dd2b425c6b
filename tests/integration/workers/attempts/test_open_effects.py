"""Is there an effect that nobody will ever settle? Attempts that end while their intent is written, and leftovers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from connectors.contract.action import Receipt
from shared.db.session import connect
from shared.errors import ContentRejected, OutcomeUnknown
from tests.support.acting import Calling, Warm
from tests.support.gateway import Gateway, comment
from tests.support.ledger import ORPHANS
from tests.support.stack import wait_for
from tests.support.worker import look_at, work_on, worker
from workers.attempts import attempt, intent, intent_batcher
from workers.attempts.process import WorkerProcess
from workers.dispatch import reconcile

pytestmark = pytest.mark.timeout(60)


class Gate:
    """A place where work stops until the test lets it go on."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.let_go = threading.Event()

    async def hold(self) -> None:
        self.reached.set()
        await asyncio.to_thread(self.let_go.wait, 20)


@pytest.fixture
def process(gateway: Gateway) -> Iterator[WorkerProcess]:
    with worker(gateway) as one:
        one.sessions["chromium"] = Warm()
        yield one


@pytest.fixture
def gate(monkeypatch) -> Gate:
    """An attempt's time is over as soon as the writing of its intent has come to the gate."""
    gate, real = Gate(), intent_batcher.IntentBatcher.write

    async def write(self: intent_batcher.IntentBatcher, asked: Any) -> Any:
        waiting = asyncio.create_task(real(self, asked))
        await asyncio.to_thread(gate.reached.wait, 20)
        waiting.cancel()
        raise TimeoutError

    monkeypatch.setattr(intent_batcher.IntentBatcher, "write", write)
    return gate


def outcomes(gateway: Gateway, task: str) -> list[str]:
    rows = gateway.query("SELECT outcome FROM effects WHERE task_id = %(task)s ORDER BY id", task=task)
    return [row["outcome"] for row in rows]


def settled(gateway: Gateway, task: str) -> list[str]:
    """Its outcomes, once none is `intended` any more."""
    wait_for("it is settled", lambda: "intended" not in (outcomes(gateway, task) or ["intended"]))
    return outcomes(gateway, task)


def test_a_time_out_while_the_commits_answer_is_late_leaves_nothing_open(
    gateway, process, calling: Calling, gate: Gate, monkeypatch
):
    real = intent_batcher.intend_all

    async def late(*args: Any, **named: Any) -> Any:
        answers = await real(*args, **named)
        await gate.hold()
        return answers

    monkeypatch.setattr(intent_batcher, "intend_all", late)
    task = gateway.submit(comment(gateway.settings) | {"max_retries": 0})["id"]

    assert work_on(gateway, process, task) == "failed"

    gate.let_go.set()
    assert (settled(gateway, task), calling.calls) == (["absent"], 0)
    assert gateway.query(ORPHANS) == []


def test_a_time_out_while_the_intent_is_being_written_ends_unknown_and_the_look_sets_it_free(
    gateway, process, calling: Calling, gate: Gate, monkeypatch
):
    real = intent._Writing.close

    async def before_the_commit(self: Any) -> None:
        await real(self)
        await self.connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        await gate.hold()

    recorded, settle_absent = Gate(), intent_batcher.IntentBatcher._settle_absent

    async def after_the_record(self: Any, effect: Any) -> None:
        await recorded.hold()
        await settle_absent(self, effect)

    monkeypatch.setattr(intent._Writing, "close", before_the_commit)
    monkeypatch.setattr(intent_batcher.IntentBatcher, "_settle_absent", after_the_record)
    task = gateway.submit(comment(gateway.settings) | {"max_retries": 0})["id"]
    with ThreadPoolExecutor() as beside:
        working = beside.submit(work_on, gateway, process, task)
        # Its end waits for the task's row, which the intent holds.
        wait_for("its end waits", lambda: gateway.query("SELECT pid FROM pg_locks WHERE NOT granted"))
        gate.let_go.set()
        assert working.result(20) == "unknown"
    recorded.let_go.set()

    assert (settled(gateway, task), calling.calls) == (["absent"], 0)
    assert look_at(gateway, process, task) == "pending"


def test_no_end_but_unknown_is_taken_while_an_effect_is_open(gateway, process, calling: Calling, monkeypatch):
    async def commit(*_: Any) -> Receipt:
        raise OutcomeUnknown(message="504")

    monkeypatch.setattr(calling, "commit", commit)
    executor = attempt.EXECUTORS["comment"]

    async def perform(work: Any) -> Any:
        try:
            return await executor.perform(work)
        except OutcomeUnknown as error:
            work.open_effect = None  # as if it had forgotten
            raise ContentRejected(code="refused", message="It ends here.") from error

    monkeypatch.setitem(attempt.EXECUTORS, "comment", replace(executor, perform=perform))
    task = gateway.submit(comment(gateway.settings))["id"]

    assert work_on(gateway, process, task) == "unknown"
    assert gateway.query("SELECT verify_at IS NOT NULL AS looked_at, finished_at FROM tasks WHERE id = %(t)s", t=task) == [
        {"looked_at": True, "finished_at": None}
    ]
    assert gateway.query(ORPHANS) == []


def test_a_step_refused_behind_a_confirmed_one_ends_the_task_instead_of_being_looked_at_for_ever(
    gateway, process, calling: Calling, monkeypatch
):
    async def commit(*_: Any) -> Receipt:
        raise OutcomeUnknown(message="504")

    async def verify(session: Any, request: Any, *_: Any) -> Receipt:
        return Receipt("c1", "https://example.test/c1", request.text)

    monkeypatch.setattr(calling, "commit", commit)
    monkeypatch.setattr(calling, "verify", verify)
    executor = attempt.EXECUTORS["comment"]

    async def perform(work: Any) -> Any:
        await executor.perform(work)
        raise ContentRejected(code="follow_up_refused", message="The step after it can never be done.")

    monkeypatch.setitem(attempt.EXECUTORS, "comment", replace(executor, perform=perform))
    task = gateway.submit(comment(gateway.settings))["id"]

    assert work_on(gateway, process, task) == "unknown"
    assert look_at(gateway, process, task) == "pending"
    assert outcomes(gateway, task) == ["confirmed"]
    assert work_on(gateway, process, task) == "completed"  # what was done stands: the refusal is the attempt's
    [row] = gateway.query("SELECT error, verify_at, result ->> 'external_id' AS id FROM tasks WHERE id = %(t)s", t=task)
    assert (row["error"], row["verify_at"], row["id"]) == (None, None, "c1")
    [last] = gateway.query("SELECT error ->> 'code' AS code FROM attempts ORDER BY id DESC LIMIT 1")
    assert last["code"] == "follow_up_refused"


def test_what_an_older_version_left_behind_is_found_and_looked_at(gateway, process, calling: Calling):
    task = gateway.submit(comment(gateway.settings))["id"]
    assert work_on(gateway, process, task) == "completed"
    # An older version ended attempts so: the task failed, its effect intended for ever.
    gateway.query("ALTER TABLE tasks DISABLE TRIGGER USER")
    gateway.query("ALTER TABLE effects DISABLE TRIGGER USER")
    gateway.query("UPDATE tasks SET status = 'failed', finished_at = now()")
    gateway.query("UPDATE effects SET outcome = 'intended', settled_at = NULL, external_id = NULL")
    gateway.query("UPDATE attempts SET ended_at = now() - interval '10 minutes', outcome = 'failed'")
    gateway.query("ALTER TABLE tasks ENABLE TRIGGER USER")
    gateway.query("ALTER TABLE effects ENABLE TRIGGER USER")
    assert len(gateway.query(ORPHANS)) == 1

    asyncio.run(repair(gateway))

    assert outcomes(gateway, task) == ["unknown"]
    [row] = gateway.query("SELECT status, verify_at <= now() AS due FROM tasks WHERE id = %(t)s", t=task)
    assert (row["status"], row["due"]) == ("unknown", True)
    assert gateway.query(ORPHANS) == []


async def repair(gateway: Gateway) -> None:
    async def leading(_: Any) -> None:
        return None

    engine = connect(gateway.settings, "dispatcher", pool_size=1)
    await reconcile.Repairs(engine, gateway.settings, leading).run()
    await engine.dispose()
