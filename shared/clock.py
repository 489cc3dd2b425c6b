"""What time is it, and how is time passed to functions?

PostgreSQL's `clock_timestamp()` decides leases, due times and windows. The clock here is for decisions and simulation,
and for deadlines inside one process.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

# A Mac or laptop sleeps: CLOCK_MONOTONIC stops there on Linux, CLOCK_BOOTTIME does not; on macOS CLOCK_MONOTONIC goes on.
_SUSPENSION_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """A source of the present instant, in UTC."""

    def now(self) -> datetime:
        """Return the present instant, with its zone."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the instant to which it was last moved."""
        return self._now

    def move_to(self, now: datetime) -> None:
        """Set the instant."""
        self._now = now


def elapsed() -> float:
    """Return seconds on a clock that never jumps and runs while the machine sleeps; only differences mean something."""
    return time.clock_gettime(_SUSPENSION_CLOCK)
