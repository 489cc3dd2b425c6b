"""How often is something checked that a platform makes? After longer and longer waits, a bounded number of times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Following:
    """The next check comes `every_s` seconds after the first one, each later one after `grows` times the wait before it.

    No wait is longer than `longest_s`; after `patience` checks that found it unfinished no more are made.
    """

    every_s: float = 15
    grows: float = 1
    longest_s: float = 300
    patience: int = 40

    def wait_s(self, looks: int) -> float:
        """Return how long to wait after so many checks (seconds)."""
        return min(self.longest_s, self.every_s * self.grows ** max(0, looks - 1))


AS_USUAL = Following()
