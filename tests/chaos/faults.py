"""Which faults are there, how does each begin, and how is it healed? A table, and a plan that a seed makes from it."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import httpx
import psutil
import psycopg
import redis

from tests.chaos import clock
from tests.chaos.house import BROWSED, DISPATCHERS, PLATFORMS, POOLS, QUICK, House
from tests.chaos.platform_server import FAULTS as PLATFORM_FAULTS
from tests.chaos.proxy import Strike

Heal = Callable[[], object]
Begin = Callable[[House, str], Heal | None]

BEYOND_LEASE_S = QUICK["lease_s"] * 2
LINK_S = 3.0
# What cannot be read back may be left unknown once for each fault: of `blind`, one call is struck.
CALLS = {"keyed": 3, "searchable": 3, "blind": 1}
CAUGHT_WITHIN_S = 3.0
STEPS = {"forward": 40.0, "back": -40.0}  # seconds: more than any lease, time-out or call
INTENDING = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'callsheet-worker'
      AND wait_event_type = 'Lock' AND query LIKE '%hold_switch%'
"""
HOW = {"killed": signal.SIGKILL, "terminated": signal.SIGTERM, "paused": signal.SIGSTOP}
# The pool with the browser is struck as a process; its site is none of the platforms that can be told to be slow.
BROWSED_TARGETS = {f"parent {how}": (BROWSED,) for how in HOW} | {f"child {how}": (f"{BROWSED}/child",) for how in HOW}


@dataclass(frozen=True)
class Kind:
    """One kind of fault. `targets`: whom it can strike; `lasts_s`: until it is healed.

    `begin` answers how to heal it, None where there was nobody to strike.
    """

    name: str
    family: str
    targets: tuple[str, ...]
    lasts_s: float
    begin: Begin


@dataclass(frozen=True)
class Planned:
    """A fault with its time (seconds from the beginning) and its target."""

    at: float
    kind: Kind
    target: str
    lasts_s: float


def _nothing() -> None:
    """What is over at once needs no healing."""


def _strike_process(how: str, house: House, target: str) -> Heal | None:
    pid = house.send(target, HOW[how])
    if pid is None:
        return None
    return partial(_resume, pid) if how == "paused" else _nothing


def _resume(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _kill_redis(house: House, target: str) -> Heal:
    house.redis.stop()
    return house.restart_redis


def _pause_redis(house: House, target: str) -> Heal:
    pid = house.redis.process.pid
    os.kill(pid, signal.SIGSTOP)
    return partial(_resume, pid)


def _flush_redis(house: House, target: str) -> Heal:
    with redis.Redis.from_url(house.redis.url, socket_timeout=5) as client:
        client.flushall()
    return _nothing


def _crash_postgres(house: House, target: str) -> Heal:
    house.crash_postgres()
    return house.restart_postgres


def _kill_backends(house: House, target: str) -> Heal:
    house.resume_postgres()  # a stopped server would not answer us either
    house.stack.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE %(like)s",
        like="callsheet-%",
    )
    return _nothing


def _pause_postgres(house: House, target: str) -> Heal:
    house.pause_postgres()
    return house.resume_postgres


def _fail_over(house: House, target: str) -> Heal | None:
    """PostgreSQL comes back as it was a while ago, as from an asynchronous replica; a person leads out of it."""
    if house.person is None:
        return None
    copied = house.person.have_copied()
    return None if copied is None else partial(house.person.lead_out, copied)


def _hold_intents(house: House, target: str) -> Heal | None:
    """Stop the sessions that are just writing intents, and let them go on when their attempts have no time left.

    They are caught at the row of the kill switch, which an intent's transaction holds: for as long as it takes, it is ours.
    """
    with psycopg.connect(house.postgres.url, autocommit=True) as asking, psycopg.connect(house.postgres.url) as holding:
        holding.execute("SET lock_timeout = '1s'")  # a session that was caught before, and is stopped, may hold the row
        holding.execute("SELECT 1 FROM switches FOR UPDATE")
        caught: list[int] = []
        ends = time.monotonic() + CAUGHT_WITHIN_S
        while not caught and time.monotonic() < ends:
            caught = [pid for (pid,) in asking.execute(INTENDING).fetchall()]
        for pid in caught:
            os.kill(pid, signal.SIGSTOP)
    return (lambda: [_resume(pid) for pid in caught]) if caught else None


def _terminate_in_call(house: House, target: str) -> Heal | None:
    """SIGTERM a pool while its platform is in the middle of a call that takes long."""
    house.platform_fault(target, "long", CALLS[target])
    ends = time.monotonic() + CAUGHT_WITHIN_S
    while not house.calls(target):
        if time.monotonic() > ends:
            return None
    return _strike_process("terminated", house, target)


def _step_clock(house: House, target: str) -> Heal:
    clock.step(house.clock, STEPS[target])
    return partial(clock.step, house.clock, 0)


def _strike_link(strike: Strike, house: House, target: str) -> Heal:
    link = house.links.by_name[target]
    armed = link.arm(strike, CALLS.get(target.rpartition(" ")[2]))
    return partial(link.heal, armed)


def _strike_platform(fault: str, house: House, target: str) -> Heal:
    house.platform_fault(target, fault, CALLS[target])
    return _nothing


def _table() -> tuple[Kind, ...]:
    processes = {
        "gateway": ("gateway",),
        "dispatcher": DISPATCHERS,
        "parent": POOLS,
        "child": tuple(f"{pool}/child" for pool in PLATFORMS),
        "keeper": ("keeper",),
    }
    links = {
        "client": ("client to gateway",),
        "postgres": tuple(f"{role} to postgres" for role in ("gateway", "worker", "dispatcher")),
        "redis": ("worker to redis", "dispatcher to redis"),
        "platform": tuple(f"worker to {platform}" for platform in PLATFORMS),
    }
    strikes: tuple[Strike, ...] = ("reset", "swallow", "delay", "hold_reply")
    return (
        *(
            Kind(f"{who} {how}", who, targets, BEYOND_LEASE_S if how == "paused" else 0, partial(_strike_process, how))
            for who, targets in processes.items()
            for how in HOW
        ),
        Kind("redis killed", "redis", ("redis",), 2, _kill_redis),
        Kind("redis paused", "redis", ("redis",), 30, _pause_redis),
        Kind("redis flushed", "redis", ("redis",), 0, _flush_redis),
        Kind("postgres crashed", "postgres", ("postgres",), 1, _crash_postgres),
        Kind("postgres sessions killed", "postgres", ("postgres",), 0, _kill_backends),
        Kind("postgres paused", "postgres", ("postgres",), 4, _pause_postgres),
        Kind("postgres came back", "failover", ("postgres",), 60, _fail_over),
        # Longer than an attempt may take, and shorter than a transaction: the intent is there when nobody waits for it.
        Kind("intents held", "postgres", ("intents",), 9, _hold_intents),
        Kind("terminated in a call", "parent", PLATFORMS, 0, _terminate_in_call),
        Kind("clock stepped", "clock", tuple(STEPS), 8, _step_clock),
        *(
            Kind(f"link {strike}", f"link to {what}", targets, LINK_S, partial(_strike_link, strike))
            for what, targets in links.items()
            for strike in strikes
        ),
        *(Kind(fault, "platform", PLATFORMS, 0, partial(_strike_platform, fault)) for fault in PLATFORM_FAULTS),
    )


KINDS = _table()
PERSONS_S = 100.0
FAMILIES = tuple(dict.fromkeys(kind.family for kind in KINDS))


def plan(seed: int, seconds: float, count: int, *, browsed: bool = False, only: str = "") -> list[Planned]:
    """`count` faults within `seconds`: first one of each family, then the kinds that did not come yet, then any.

    `browsed`: the pool with the browser is struck too. `only`: this kind of fault alone. A run under two minutes has no time
    for a person to lead out of a database that came back.
    """
    order = random.Random(seed)
    kinds = [kind for kind in KINDS if kind.family != "failover" or seconds >= PERSONS_S or kind.name == only]
    first = [order.choice([kind for kind in kinds if kind.family == family]) for family in {k.family: 0 for k in kinds}]
    rest = [kind for kind in kinds if kind not in first]
    order.shuffle(first)
    order.shuffle(rest)
    chosen = [*first, *rest]
    chosen += [order.choice(kinds) for _ in range(count - len(chosen))]
    if only:
        chosen = [kind for kind in kinds if kind.name == only]
        chosen *= 1 if chosen[0].family == "failover" else count
    else:
        _early(chosen, order, count // 3)
    gap = seconds / count
    longest = max(6.0, seconds / 9)
    return [
        Planned(
            gap * (number + order.random() / 2),
            kind,
            order.choice(kind.targets + (BROWSED_TARGETS.get(kind.name, ()) if browsed else ())),
            min(kind.lasts_s, longest),
        )
        for number, kind in enumerate(chosen[:count])
    ]


def _early(chosen: list[Kind], order: random.Random, limit: int) -> None:
    """Move to the first ones what takes a person's time to lead out of."""
    for place, kind in enumerate(chosen):
        if kind.family == "failover" and place >= limit:
            other = order.choice([one for one in range(limit) if chosen[one].family != "failover"])
            chosen[place], chosen[other] = chosen[other], kind


def strike(house: House, planned: Planned) -> Heal | None:
    """Begin a fault; None where its target was down already from another one."""
    with suppress(OSError, redis.RedisError, psutil.Error, psycopg.Error, httpx.HTTPError):
        return planned.kind.begin(house, planned.target)
    return None
