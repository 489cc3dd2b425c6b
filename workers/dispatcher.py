"""What is released, and when? The subclass of Celery beat's scheduler that decides.

Any number of beats may run: one leads by a lease with a fencing token. A tick finds what is due and open, marks it
released in one transaction that locks the lease, and only then publishes. A dispatcher that cannot be sure that everything
released was published, as a new leader cannot, publishes all that nobody has claimed again, with the same numbers.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
import uvloop
from celery.beat import Scheduler
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from tenacity import wait_random_exponential

import connectors.registry  # noqa: F401 - declares what holds on each platform, for the gates
from shared.db import leases
from shared.db.schema import require_current
from shared.db.session import connect, single_statements
from shared.engine.rules.fairness import Turns
from shared.engine.rules.gates import GATES, VERIFY_GATES, first_closed
from shared.engine.sleeping import is_asleep
from shared.engine.store import batches, parking, release, verifications
from shared.engine.store import facts as stored_facts
from shared.engine.store.limits import breakers
from shared.engine.store.rows.task_rows import UnknownTask
from shared.ids import new_id
from shared.settings import Settings, load_settings
from shared.tasks.fill_in import fill_in
from workers.dispatch import messages, recurring, sleep, timetable
from workers.dispatch.broker_check import BrokerCheck
from workers.dispatch.continuity import Continuity
from workers.dispatch.messages import Message
from workers.dispatch.reconcile import NotLeading, Repairs
from workers.dispatch.reserve_credits import promise_credits
from workers.dispatch.select import Candidates, Chosen, choose, open_streams
from workers.dispatch.wait import Hint

log = structlog.get_logger()

LEASE = "dispatcher"
# Asleep the leader renews its lease this many times less often. A leader that dies asleep is followed after three leases.
ASLEEP_LEASE = 3
LARGEST_RELEASE = 4_096
LARGEST_PROMOTION = 5_000
LARGEST_FILLING = 100
VERIFY_POSTPONED_S = 2.0
API_LANES = "api."
BACKOFF = wait_random_exponential(multiplier=0.2, max=10)


class Dispatcher(Scheduler):  # type: ignore[misc]  # Celery ships no types
    """Releases tasks. Beat calls `tick` for ever; it is created without any connection."""

    def setup_schedule(self) -> None:
        """Prepare; beat calls this once, in the process that will tick."""
        settings = load_settings()
        require_current(settings, "dispatcher")
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._loop = Loop(settings, self.app)
        for number in (signal.SIGTERM, signal.SIGINT):
            # Read between publishes: an exception in the middle of one could lose it.
            signal.signal(number, lambda *_: self._loop.stop())

    def tick(self, *_: Any, **__: Any) -> float:
        """Do one round: release what may run, then wait for a hint, the next due time, or half a second. Never raises."""
        if self._loop.stopping:
            self._runner.run(self._loop.close())
            raise SystemExit(0)
        self._runner.run(self._loop.round())
        return 0

    def close(self) -> None:
        """Do nothing: no schedule is kept outside PostgreSQL."""

    @property
    def info(self) -> str:
        """Return the text for beat's banner."""
        return "    . timetable and tasks in PostgreSQL"


class Loop:
    """The dispatcher's rounds over one set of connections.

    `lag_ms` is how long the last round took, without its wait.
    """

    def __init__(self, settings: Settings, app: Any) -> None:
        self._settings = settings
        self._app = app
        self._engine = connect(settings, "dispatcher", pool_size=2)
        self._single = single_statements(self._engine)
        self._hint = Hint(settings)
        self._broker = BrokerCheck(settings.broker_url())
        self._holder = f"{settings.machine}:{new_id()}"
        self._token: int | None = None
        self._renewed = 0.0
        self._reconciled = 0.0
        self.lag_ms = 0.0
        self._continuity = Continuity(self._engine, settings.home)
        self._repairs = Repairs(self._engine, settings, self._fence)
        self._turns = Turns()
        self._failures = 0
        self._hinted = False
        self._asleep = False
        self._good = self._said_good = False
        self._in_doubt = False
        self.stopping = False

    def stop(self) -> None:
        """End after the current publish."""
        self.stopping = True

    async def close(self) -> None:
        """Give the lease up at once, so that another can lead."""
        try:
            async with self._engine.begin() as connection:
                await leases.give_up(connection, LEASE, self._holder)
        except (SQLAlchemyError, OSError):
            log.warning("dispatcher.lease_kept")
        await self._hint.close()
        await self._broker.close()
        await self._engine.dispose()

    async def round(self) -> None:
        """Do one tick with its wait; database and broker errors are waited out with backoff."""
        begun = time.monotonic()
        try:
            # Before anything else, also in a beat that does not lead: an endless transaction would hold up the round, too.
            if not await self._repairs.attempt("overlong", self._repairs.end_overlong):
                self._forget_server()
            wait_s = await self._work() if await self._lead() else self._settings.leader_lease_s / 5
            self._failures, self.lag_ms = 0, (time.monotonic() - begun) * 1000
            self._good = self._token is not None
        except NotLeading:
            self._token, wait_s = None, self._settings.leader_lease_s / 5
        except Exception as error:
            self._failures += 1
            self._forget_server()
            known = isinstance(error, (SQLAlchemyError, OperationalError, RedisError, OSError))
            wait_s = BACKOFF(_Tries(self._failures))  # type: ignore[arg-type]  # it reads attempt_number only
            log.warning("dispatcher.trouble", error=repr(error)[:500], wait_s=round(wait_s, 2), exc_info=not known)
        if not self.stopping:
            self._hinted = await self._hint.wait(wait_s)

    def _forget_server(self) -> None:
        """Renew the lease and compare the database at once: the next connection may reach another server."""
        self._renewed = float("-inf")
        self._continuity.forget()

    async def _lead(self) -> bool:
        now = time.monotonic()
        lease_s = self._settings.leader_lease_s * (ASLEEP_LEASE if self._asleep else 1)
        news = self._good and not self._said_good and now - self._renewed >= 1
        if self._token is not None and now - self._renewed < lease_s / 4 and not news:
            return True
        # Any dispatcher, leading or not: nothing is released from PostgreSQL before it is known to have lost nothing.
        # Asleep nothing outward is released; once awake, this comes before the first release.
        await self._continuity.compare(lease_s if self._asleep else self._settings.leader_lease_s / 4)
        good = self._good and await self._broker.answers()
        async with self._engine.begin() as connection:
            token = await leases.take(connection, LEASE, self._holder, lease_s, lag_ms=self.lag_ms, good=good)
        self._good, self._said_good = False, good
        if token is not None and token != self._token:
            log.info("dispatcher.leads", fence=token)
            self._reconciled = 0.0
            self._token, self._renewed = token, now
            self._asleep = await is_asleep(self._engine)
            self._in_doubt = True
        self._token, self._renewed = token, now
        return token is not None

    async def _work(self) -> float:
        begun = time.monotonic()
        if self._in_doubt:
            await self._publish_out()
        # A task was probably submitted just now: it is released before anything else is checked.
        passed = await self._release() if self._hinted else None
        if begun - self._reconciled >= self._settings.reconcile_s:
            self._reconciled = begun
            await self._reconcile()
        async with self._single.connect() as connection:
            outlook = await release.outlook(connection)
        woken = await self._wake_backlog() if outlook.backlog else 0
        if outlook.due:
            outlook = await self._promote(outlook)
        if outlook.unknown:
            await self._release_verifications()
        if outlook.unfilled:
            await self._fill_in()
        if outlook.due or woken or (outlook.pending and (passed is None or passed.set_aside)):
            passed = await self._release()
        if woken or (passed is not None and (passed.set_aside or passed.size >= LARGEST_RELEASE)):
            return 0.0  # other tasks are there to be woken, or stand behind those that were taken out of their lines
        if outlook.sleepy:
            return await self._look_at_sleep(outlook)
        return self._until_due(outlook)

    async def _fill_in(self) -> None:
        """Have texts approved whose references are known now."""
        async with self._engine.begin() as connection:
            await self._fence(connection)
            done = await fill_in(connection, LARGEST_FILLING)
        if done.filled or done.failed:
            log.info("task.filled_in", filled=len(done.filled), failed=len(done.failed))

    async def _promote(self, outlook: release.Outlook) -> release.Outlook:
        """Make due tasks pending; return the outlook, without due tasks where other transactions lock all of them."""
        async with self._engine.begin() as connection:
            await self._fence(connection)
            if await release.promote(connection, LARGEST_PROMOTION):
                return outlook
            # They are tried again in the next tick, like everything else, and not over and over until they are unlocked.
            return replace(outlook, due=False, next_due_s=await release.next_due_s(connection))

    async def _reconcile(self) -> None:
        with self._doubt():
            unclaimed = await self._repairs.run(asleep=self._asleep)
            self._publish(messages.of_batches(unclaimed.batches))
            self._publish(messages.of_tasks((row.id, row.release_seq, row.lane, row.type) for row in unclaimed.tasks))
        fill = partial(timetable.fill, self._engine, self._fence, asleep=self._asleep)
        await self._repairs.attempt("timetable", fill)
        if self._repairs.outlook.slots and not self._asleep:
            await self._repairs.attempt("schedules", partial(recurring.fill, self._engine, self._settings, self._fence))

    async def _wake_backlog(self) -> int:
        async with self._engine.begin() as connection:
            await self._fence(connection)
            return await parking.wake_backlog(connection)

    def _until_due(self, outlook: release.Outlook) -> float:
        longest = self._settings.tick_ms / 1000
        return longest if outlook.next_due_s is None else max(0.0, min(longest, outlook.next_due_s))

    async def _look_at_sleep(self, outlook: release.Outlook) -> float:
        """Fall asleep, sleep on or wake; return how long no further check is needed."""
        night = await sleep.decide_sleep(self._engine, self._settings, self._lease())
        if night is None:
            raise NotLeading
        before, self._asleep = self._asleep, night.asleep
        if night.asleep != before:
            self._renewed = float("-inf")  # at once, for as long as a lease lasts from now on
            return 0.0
        if not night.asleep:
            return self._until_due(outlook)
        # Not beyond the lease: its renewal is what shows that the leader lives.
        known = [self._settings.leader_lease_s, timetable.next_slot_s(datetime.now(UTC))]
        return min(known if night.quiet_s is None else [*known, night.quiet_s])

    async def _fence(self, connection: Any) -> None:
        if not await leases.lock(connection, self._lease()):
            raise NotLeading

    def _lease(self) -> dict[str, Any]:
        return {"key": LEASE, "holder": self._holder, "token": self._token}

    async def _release(self) -> Chosen:
        with self._doubt():
            chosen = await self._choose()
            self._publish(chosen.messages)
        return chosen

    async def _choose(self) -> Chosen:
        """Decide about the first tasks of every open line; return the rows of the released ones as they were before."""
        async with self._engine.begin() as connection:
            surveyed = await release.survey(connection, self._lease())
            if surveyed is None:
                raise NotLeading
            streams, facts = surveyed
            wanted = open_streams(streams, facts, LARGEST_RELEASE, GATES)
            if not wanted:
                return Chosen()
            taken = await release.take(connection, wanted, facts.now)
            candidates = Candidates(taken.rows, await stored_facts.task_facts(connection, taken.rows), taken.alike)
            chosen = choose(candidates, facts, GATES, self._turns)
            if chosen.parked:
                chosen.taken_out = await parking.park(connection, chosen.parked) > 0
            chosen.released = await promise_credits(connection, chosen.released, candidates.facts)
            trials = {key: task for key, task in chosen.trials.items() if task in {row.id for row in chosen.released}}
            if trials:
                await breakers.let_try(connection, trials)
            # From here on the event counter is locked: everything else that could wait comes before.
            if chosen.failed:
                await release.fail(connection, chosen.failed)
            if chosen.postponed:
                await release.postpone(connection, chosen.postponed)
            packed = messages.pack(chosen.released, chosen.alike)
            if packed.messages:
                await release.release(connection, packed.alone, packed.batches)
            chosen.messages = packed.messages
        return chosen

    async def _release_verifications(self) -> None:
        with self._doubt():
            chosen = await self._choose_verifications()
            self._publish(messages.of_tasks((row.id, row.release_seq + 1, row.lane, row.type) for row in chosen))

    async def _choose_verifications(self) -> Sequence[UnknownTask]:
        async with self._engine.begin() as connection:
            await self._fence(connection)
            rows = await verifications.verifiable(connection)
            facts = await stored_facts.load(
                connection,
                lanes=[row.lane for row in rows],
                accounts=[row.account_id for row in rows if row.account_id],
                workspaces=[row.workspace_id for row in rows],
            )
            held_by = {row.id: first_closed(VERIFY_GATES, stored_facts.facts_of(row), facts) for row in rows}
            open_rows = [row for row in rows if held_by[row.id] is None]
            # A busy lane is asked again in the next tick, so that the first free room is used.
            closed = [task for task, held in held_by.items() if held is not None and held[0].name != "lane"]
            # One look at a time for each lane, as lanes of browsers hold one; over an API it is one for each line.
            by_place = {row.id if row.lane.startswith(API_LANES) else row.lane: row for row in reversed(open_rows)}
            chosen = list(by_place.values())
            if closed:
                await verifications.postpone(connection, closed, VERIFY_POSTPONED_S)
            if chosen:
                await verifications.release(connection, [row.id for row in chosen])
        return chosen

    @contextmanager
    def _doubt(self) -> Iterator[None]:
        """Mark the wire as in doubt until the block ends; an error inside leaves the mark."""
        before, self._in_doubt = self._in_doubt, True
        yield
        self._in_doubt = before

    async def _publish_out(self) -> None:
        """Publish all that nobody has claimed yet: what was published already is claimed once and then ignored."""
        async with self._single.connect() as connection:
            rows = await release.out(connection)
            out = await batches.out(connection)
        self._publish(messages.of_batches(out))
        self._publish(messages.of_tasks((row.id, row.release_seq, row.lane, row.type) for row in rows))
        self._in_doubt = False

    def _publish(self, waiting: Sequence[Message]) -> None:
        """Publish messages, in their order."""
        for message in waiting:
            if self.stopping:
                return  # what is not published yet is published by the next leader
            self._app.send_task(message.type, args=(message.content,), queue=message.lane, ignore_result=True)
            log.debug("task.published", lane=message.lane, type=message.type, **message.content)


class _Tries:
    """A number of failures, in the form that tenacity's waits take."""

    def __init__(self, attempt_number: int) -> None:
        self.attempt_number = attempt_number
