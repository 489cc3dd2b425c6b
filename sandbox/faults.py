"""Which trouble is armed for which platform, and does it strike now?"""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

WRITE_FAULTS = frozenset({"timeout_after_write", "error_before_write", "rate_limited", "action_blocked", "listing_delayed"})
PAGE_FAULTS = frozenset({"challenge", "logged_out", "wrong_account", "layout_changed", "hostile"})
DOWNLOAD_FAULTS = frozenset({"download_cut"})
SLOW = frozenset({"slow"})
FAULTS = WRITE_FAULTS | PAGE_FAULTS | DOWNLOAD_FAULTS | SLOW
DEFAULT_SECONDS = {"slow": 2.0, "listing_delayed": 3.0}
MOST_ARMED = 1000


class TooManyFaultsError(ValueError):
    """More faults are queued for one platform than a test can mean."""


@dataclass(slots=True)
class Fault:
    """One armed fault. `left` None strikes every time; `until` is on the monotonic clock."""

    name: str
    left: int | None
    until: float | None
    seconds: float
    rate: float = 1.0
    dice: random.Random = field(default_factory=random.Random)

    def over(self) -> bool:
        """Answer whether it can never strike again."""
        return self.left == 0 or (self.until is not None and time.monotonic() >= self.until)

    def as_json(self, platform: str) -> dict[str, Any]:
        """Answer it as `GET /_control/faults` lists it."""
        ends = None if self.until is None else max(0.0, round(self.until - time.monotonic(), 3))
        return {
            "platform": platform,
            "fault": self.name,
            "left": self.left,
            "ends_in": ends,
            "seconds": self.seconds,
            "rate": self.rate,
        }


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller asked to arm."""

    platform: str
    name: str
    count: int | None = None
    seconds: float | None = None
    rate: float = 1.0
    seed: int = 0


class Faults:
    """The queues of armed faults, one for each platform, first armed first to strike."""

    def __init__(self) -> None:
        """Begin with nothing armed."""
        self._queues: dict[str, deque[Fault]] = {}

    def arm(self, order: Order) -> None:
        """Queue a fault. `seconds` is the delay of a delaying fault; of any other, how long it is active."""
        queue = self._swept(order.platform)
        if len(queue) >= MOST_ARMED:
            raise TooManyFaultsError(order.platform)
        delays = order.name in DEFAULT_SECONDS
        timed = order.seconds is not None and not delays
        queue.append(
            Fault(
                name=order.name,
                left=order.count if order.count is not None else (None if timed else 1),
                until=time.monotonic() + (order.seconds or 0.0) if timed else None,
                seconds=order.seconds if order.seconds is not None else DEFAULT_SECONDS.get(order.name, 0.0),
                rate=order.rate,
                dice=random.Random(order.seed),
            )
        )

    def take(self, platform: str, names: frozenset[str]) -> Fault | None:
        """Answer the first armed fault of these names that strikes now, and count the strike."""
        for fault in self._swept(platform):
            if fault.name not in names or fault.dice.random() >= fault.rate:
                continue
            if fault.left is not None:
                fault.left -= 1
            return fault
        return None

    def clear(self, platform: str | None = None) -> None:
        """Disarm everything, or everything of one platform."""
        if platform is None:
            self._queues.clear()
        else:
            self._queues.pop(platform, None)

    def armed(self) -> list[dict[str, Any]]:
        """List what can still strike."""
        return [fault.as_json(name) for name in sorted(self._queues) for fault in self._swept(name)]

    def _swept(self, platform: str) -> deque[Fault]:
        queue = self._queues.setdefault(platform, deque())
        if any(fault.over() for fault in queue):
            queue = self._queues[platform] = deque(fault for fault in queue if not fault.over())
        return queue
