"""Which processes must be dead, and are they? The small process on each host that makes sure.

A lost attempt may still run: its process may be stopped, or out of reach of the network. Before anybody concludes that
its effect is absent, the keeper ends that process and its browser (SIGKILL works on stopped processes too), by pid and
identity (`shared/process_identity.py`), and records that they are dead. It ends nothing else, whatever the database says:
only processes that are recorded in its own home (`shared/own_processes.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.events import notify_all
from shared.db.session import connect, single_statements
from shared.door import Call
from shared.engine.store import lanes, lost_attempts, sleep
from shared.engine.store.lost_attempts import LostAttempt
from shared.hosts.relay import DoorClient, NoAnswer, NotSent
from shared.logging import configure
from shared.own_processes import is_own_process
from shared.private_file import keep_private
from shared.process_identity import ProcessState, end_process, state_of
from shared.settings import Settings, load_settings
from workers.hosts.host_pools import keep_pools
from workers.hosts.sweep import sweep_regularly

log = structlog.get_logger()

DIES_WITHIN_S = 5.0
SAYS_SO_EVERY = 10


async def keep(settings: Settings, stopping: asyncio.Event) -> None:
    """Check every `keeper_s` seconds until told to stop; asleep only as often as it reports that it is there.

    The machine's own files are swept meanwhile, without delaying the checks.
    """
    sweeping = asyncio.create_task(sweep_regularly(settings, stopping))
    engine = connect(settings, "worker", pool_size=2)
    asleep = asyncio.Event()
    pools = asyncio.create_task(keep_pools(settings, engine, stopping, asleep))
    door = DoorClient(settings.broker_url())
    rounds, step = 0, 1
    while not stopping.is_set():
        try:
            if rounds % SAYS_SO_EVERY == 0:
                async with engine.begin() as connection:
                    await lanes.keeper_seen(connection, settings.host_name)
                    if await sleep.is_asleep(connection):
                        asleep.set()
                    else:
                        asleep.clear()
                step = SAYS_SO_EVERY if asleep.is_set() else 1
            await end_lost(engine, settings, door)
            rounds += step
        except (SQLAlchemyError, OSError) as error:
            log.warning("keeper.trouble", error=repr(error)[:500])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), settings.keeper_s * step)
    await pools
    sweeping.cancel()
    await asyncio.wait([sweeping])
    await door.close()
    await engine.dispose()


async def end_lost(engine: AsyncEngine, settings: Settings, door: DoorClient) -> int:
    """End what this machine's lost attempts left behind; return how many are now known to be dead.

    What acted in the browser of a joined host is dead once its process here is, and the host says that nothing runs there.
    """
    async with single_statements(engine).connect() as connection:
        left = await lost_attempts.to_end(connection, settings.machine)
    # Side by side: a host that does not answer delays no other.
    dead = sum(await asyncio.gather(*(_is_ended(engine, settings.home, door, attempt) for attempt in left)))
    if dead:
        async with engine.begin() as connection:
            await notify_all(connection)
    return dead


async def _is_ended(engine: AsyncEngine, home: Path, door: DoorClient, attempt: LostAttempt) -> bool:
    if not await asyncio.to_thread(_end, home, attempt) or not await _has_ended_there(door, attempt):
        return False
    async with engine.begin() as connection:
        await lost_attempts.note_dead(connection, attempt.id)
    log.info("attempt.dead", attempt=attempt.id, pid=attempt.pid, browser_pid=attempt.browser_pid, at=attempt.browser_host)
    return True


def _end(home: Path, attempt: LostAttempt) -> bool:
    """Return whether the processes of an attempt are known to be dead. The browser is ended first: it is what acts."""
    if attempt.browser_pid is not None and not _end_own(
        home, attempt.browser_pid, attempt.browser_identity, attempt.browser_started_at
    ):
        return False
    return _end_own(home, attempt.pid, attempt.process_identity, attempt.pid_started_at)


def _end_own(home: Path, pid: int, identity: str | None, started_at: float | None) -> bool:
    """Return whether a process is known to be dead; one that this home has not recorded is left alone."""
    if not is_own_process(home, pid):
        return state_of(pid, identity, started_at) is ProcessState.DEAD
    return end_process(pid, identity, started_at, within_s=DIES_WITHIN_S)


async def _has_ended_there(door: DoorClient, attempt: LostAttempt) -> bool:
    """Return whether nothing of an attempt runs on the joined host, nor ever will; an unconnected host proves nothing."""
    if attempt.browser_token is None:
        return True  # it never began to act on one
    if attempt.browser_host_id is None or (present := await door.present(attempt.browser_host_id)) is None:
        return False
    given = {"platform": attempt.platform, "account_id": str(attempt.account_id)}
    call = Call(
        id=uuid4().hex, connection=present.connection, lane=attempt.lane, token=attempt.browser_token,
        session="", number=0, do="end", given=given, within=DIES_WITHIN_S * 2,
    )  # fmt: skip
    try:
        answer = await door.call(attempt.browser_host_id, call)
    except (NotSent, NoAnswer) as error:
        log.info("attempt.unproven", attempt=attempt.id, host=attempt.browser_host, why=error.code)
        return False
    return answer.error is None and isinstance(answer.value, dict) and answer.value.get("ended") is True


async def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    keep_private()
    settings = load_settings()
    configure(settings, part="keeper")
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    log.info("keeper.keeps", host=settings.host_name, machine=settings.machine)
    await keep(settings, stopping)


def run() -> None:
    """Do so as a program."""
    asyncio.run(main())


if __name__ == "__main__":
    run()
