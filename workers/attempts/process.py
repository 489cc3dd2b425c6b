"""What does one worker process hold for its whole life?

An event loop in a thread of its own, in which all attempts run; the database engine and the warm browsers of that loop;
and another thread, with its own connection, that renews the leases of the attempts at hand.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any
from uuid import UUID

import structlog
import uvloop
from celery.signals import worker_process_init, worker_process_shutdown
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.browser.chromium.driver import Chromium
from connectors.contract.session import HostBrowser, LocalBrowser, Sessions
from connectors.http.egress import Egress
from connectors.http.session import ApiSessions
from connectors.oauth import oauth_clients
from connectors.pools import SAFARI_POOL
from connectors.registry import stops_within_s
from shared.accounts.refresh import Refresher
from shared.db.session import close_idle, connect, single_statements
from shared.db.wire import Listener, Notifier
from shared.door import TRANSPORTS
from shared.engine.sleeping import is_asleep
from shared.engine.store import attempts, batches
from shared.hosts.relay import DoorClient
from shared.own_processes import note_own_process
from shared.process_identity import identity_of
from shared.settings import Settings
from workers.attempts.intent_batcher import IntentBatcher
from workers.delivery.loop import DeliveryLoop
from workers.delivery.notification_sender import NotificationSender
from workers.delivery.webhook_sender import WebhookSender
from workers.hosts.remote_browser import RemoteBrowser
from workers.hosts.safari_lane import SafariLane

log = structlog.get_logger()

_IDLE_LOOK_S = 15
_CLOSED_WITHIN_S = 5.0
COURIERS_POOL = "system"


class WorkerProcess:
    """One process of a pool. Attempts at hand are kept by id, with the asyncio task that does each; so are `batches`.

    `has_called` are those that have begun an outward call: once the process `is_stopping`, they alone go on to their end.
    `sessions` are the transports that it drives, by name.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.who = attempts.Process(settings.machine, os.getpid(), identity_of(os.getpid()))
        note_own_process(settings.home, self.who.pid, self.who.identity)
        self.at_hand: dict[int, asyncio.Task[Any]] = {}
        self.has_called: set[int] = set()
        self.batches: dict[UUID, asyncio.Task[None]] = {}
        self.is_stopping = False
        self._loop = uvloop.new_event_loop()
        self.engine: AsyncEngine = connect(settings, "worker", pool_size=4)
        self.single = single_statements(self.engine)
        self.intents = IntentBatcher(self.engine, settings, self.who)
        self.notifier = Notifier(self.engine)
        self._recordings: dict[asyncio.Task[None], bool] = {}
        self.chromium = Chromium(settings)
        self.egress = Egress(settings.egress_networks())
        self.sessions: dict[str, Sessions] = {"chromium": self.chromium, "api": ApiSessions(self.egress)}
        self.safari = SafariLane(settings, self.engine, self.who) if settings.pool == SAFARI_POOL else None
        if self.safari is not None:
            self.sessions["safari"] = self.safari
        self.door = DoorClient(settings.broker_url())
        self.remote = self._remote() if settings.door_host else {}
        self.sessions |= self.remote
        self.refresher = Refresher(self.engine, settings.keyring, oauth_clients(settings, self.egress))
        self._outward: Future[None] | None = None
        self._stopping = threading.Event()
        threading.Thread(target=self._loop.run_forever, name="attempts", daemon=True).start()
        threading.Thread(target=lambda: asyncio.run(self._renew()), name="leases", daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._close_idle(), self._loop)
        asyncio.run_coroutine_threadsafe(close_idle(self.engine), self._loop)
        self._notifying = asyncio.run_coroutine_threadsafe(self.notifier.run(), self._loop)
        if settings.pool == COURIERS_POOL:
            self._outward = asyncio.run_coroutine_threadsafe(self._send_events_out(), self._loop)

    def _remote(self) -> dict[str, RemoteBrowser]:
        host = UUID(self.settings.door_host)
        return {
            transport: RemoteBrowser(self.settings, self.engine, self.who, door=self.door, host=host, transport=transport)
            for transport in TRANSPORTS
        }

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work on the event loop and wait for its end."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def note_browser(self, attempt_id: int, browser: LocalBrowser | HostBrowser | None) -> None:
        """Record in which browser an attempt acts, so that the keeper here, or the joined host, can end it."""
        match browser:
            case LocalBrowser(pid, identity):
                await asyncio.to_thread(note_own_process, self.settings.home, pid, identity)
                async with self.engine.begin() as connection:
                    await attempts.note_browser(connection, self.who, attempt_id, pid, identity)
            case HostBrowser(host, token):
                async with self.engine.begin() as connection:
                    await attempts.note_browser_host(connection, self.who, attempt_id, host, token)

    def keep_recording(
        self,
        recording: Coroutine[Any, Any, None],
        attempts_at_hand: Sequence[int],
        *,
        of_browser: bool = True,
        batch: UUID | None = None,
    ) -> None:
        """Go on with a record after its message; on the event loop only. `of_browser` attempts are not over an API.

        Once the recording ends, the leases of its attempts are not renewed: what it did not record comes back.
        """

        def over(task: asyncio.Task[None]) -> None:
            del self._recordings[task]
            for attempt_id in attempts_at_hand:
                self.at_hand.pop(attempt_id, None)
                self.has_called.discard(attempt_id)
            if batch is not None:
                self.batches.pop(batch, None)
            if not task.cancelled() and (error := task.exception()) is not None:
                about: dict[str, Any] = {"attempts": list(attempts_at_hand)} if batch is None else {"batch": str(batch)}
                log.error("record.failed", **about, error=repr(error)[:500])

        task = asyncio.create_task(recording)
        self._recordings[task] = of_browser
        task.add_done_callback(over)

    async def recorded(self, longest_s: float | None = None, *, of_browsers: bool = False) -> None:
        """Wait until everything that was done (`of_browsers` alone) is recorded, or can no longer be; at most so long."""
        if waited_for := [task for task, of_browser in self._recordings.items() if of_browser or not of_browsers]:
            await asyncio.wait(waited_for, timeout=longest_s)

    def begin_nothing(self) -> None:
        """Begin nothing outward any more, and give back tasks that have begun nothing yet."""
        self._loop.call_soon_threadsafe(self._give_back)

    def _give_back(self) -> None:
        self.is_stopping = True
        for attempt_id, attempt in self.at_hand.items():
            if attempt_id not in self.has_called:
                attempt.cancel()
        for performing in self.batches.values():
            performing.cancel()

    def stop(self) -> None:
        """Let outward calls end, and record what was done; close browsers and connections."""
        self.begin_nothing()
        if self._outward is not None:
            self._outward.cancel()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=stops_within_s() + _CLOSED_WITHIN_S)

    async def _close(self) -> None:
        await self.recorded(stops_within_s())
        self._stopping.set()
        await self.chromium.close()
        if self.safari is not None:
            self.safari.close()
        for remote in self.remote.values():
            remote.close()
        await self.door.close()
        self._notifying.cancel()
        await self.engine.dispose()

    async def _close_idle(self) -> None:
        while not self._stopping.is_set():
            await asyncio.sleep(_IDLE_LOOK_S)
            await self.chromium.close_idle()

    async def _send_events_out(self) -> None:
        carriers = (
            WebhookSender(self.engine, self.settings, self.egress),
            NotificationSender(self.engine, self.settings, self.egress),
        )
        rounds = DeliveryLoop(carriers, partial(is_asleep, self.engine))
        listening = asyncio.create_task(Listener(self.settings, "worker", rounds.wake).run())
        try:
            await rounds.run()
        finally:
            listening.cancel()

    async def _renew(self) -> None:
        engine = connect(self.settings, "worker", pool_size=1)
        while not self._stopping.is_set():
            await asyncio.sleep(self.settings.lease_s / 3)
            await self.renew_leases(engine)

    async def renew_leases(self, engine: AsyncEngine) -> None:
        """Renew the leases of attempts and batches at hand; one without its lease stops at once: another may already act."""
        at_hand, in_batches = dict(self.at_hand), dict(self.batches)
        if not at_hand and not in_batches:
            return
        held: set[int | UUID] = set()
        try:
            async with engine.begin() as connection:
                if at_hand:
                    held |= await attempts.renew(connection, self.who, list(at_hand), self.settings.lease_s)
            async with engine.begin() as connection:
                if in_batches:
                    held |= await batches.renew(connection, self.who, list(in_batches), self.settings.lease_s)
        except SQLAlchemyError:
            log.warning("lease.renewal_failed", attempts=sorted(at_hand), batches=sorted(map(str, in_batches)))
            return
        for held_by, working in [*at_hand.items(), *in_batches.items()]:
            if held_by not in held and not working.done():  # one that is done was recorded just now: it has no lease to lose
                about: dict[str, Any] = {"batch": str(held_by)} if isinstance(held_by, UUID) else {"attempt": held_by}
                log.warning("lease.lost", **about)
                self._loop.call_soon_threadsafe(working.cancel)


_current: WorkerProcess | None = None


def current() -> WorkerProcess:
    """Return this process's holder, made when the process began."""
    if _current is None:
        message = "This is not a worker process."
        raise RuntimeError(message)
    return _current


def begin_nothing() -> None:
    """Stop this process from beginning anything outward."""
    if _current is not None:
        _current.begin_nothing()


def connect_signals(settings_of: Callable[[], Settings]) -> None:
    """Make the holder in every child process that Celery starts, and close it with the process."""

    @worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def begin(**_: Any) -> None:
        global _current  # noqa: PLW0603 - one holder for each process, made after the fork
        _current = WorkerProcess(settings_of())

    @worker_process_shutdown.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def end(**_: Any) -> None:
        if _current is not None:
            _current.stop()
