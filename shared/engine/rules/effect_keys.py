"""Which key does an outward call carry, for a platform that accepts one key only once? Pure.

A key is made from its task and step alone: when a database has lost it, the same key is made again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

KeyForm = Literal["hash", "uuid", "tid"]

_BASE32 = "234567abcdefghijklmnopqrstuvwxyz"  # of AT Protocol: sorted like the numbers that they encode
_TID_SIGNS = 13
_CLOCKS = 1 << 10


def key_for(form: KeyForm, task: UUID, step: str, made_at: datetime) -> str:
    """Return the key of a task's step in a platform's form; `made_at` is when the task was made."""
    digest = hashlib.sha256(f"{task}:{step}".encode()).hexdigest()
    match form:
        case "hash":
            return digest[:32]
        case "uuid":
            return str(UUID(hex=digest[:32], version=4))
        case "tid":
            return _tid(made_at, int(digest, 16))
        case _:
            assert_never(form)


def lasts(intended_at: datetime, key_lasts_s: float, now: datetime, call_s: float) -> bool:
    """Return whether a call that begins now ends while the platform still remembers an intent's key (all in seconds)."""
    return now + timedelta(seconds=call_s) <= intended_at + timedelta(seconds=key_lasts_s)


def _tid(made_at: datetime, digest: int) -> str:
    """Return a timestamp identifier of AT Protocol: microseconds, and a clock number, drawn within the second before."""
    clock, before = digest % _CLOCKS, (digest // _CLOCKS) % 1_000_000
    number = ((int(made_at.timestamp() * 1_000_000) - before) << 10) | clock
    return "".join(_BASE32[(number >> shift) & 31] for shift in range(5 * (_TID_SIGNS - 1), -1, -5))
