"""How many streams and sockets may be open? A number for each caller, and one for all together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from shared.identity.caller import TooManyTries

COME_BACK_S = 5


class Places:
    """The slots of one process. Each holds a task, a buffer and a share of every reading of new events."""

    def __init__(self, each: int, in_all: int) -> None:
        self._each, self._in_all = each, in_all
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """Return how many are taken now."""
        return self._taken.total()

    def take(self, who: str) -> None:
        """Take a slot; the caller returns it by `leave`.

        Raises:
            TooManyTries: this caller, or all together, hold as many as allowed.
        """
        if self._taken[who] >= self._each or self._taken.total() >= self._in_all:
            message = f"So many streams and sockets are open already: {self._each} for each caller, {self._in_all} in all."
            raise TooManyTries(code="too_many_streams", message=message, retry_after_s=COME_BACK_S)
        self._taken[who] += 1

    def leave(self, who: str) -> None:
        """Return a slot."""
        self._taken[who] -= 1
        if self._taken[who] <= 0:
            del self._taken[who]

    @contextmanager
    def taking(self, who: str) -> Iterator[None]:
        """Hold a slot for as long as the block lasts; raises what `take` raises."""
        self.take(who)
        try:
            yield
        finally:
            self.leave(who)
