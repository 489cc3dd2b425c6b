"""How many films does a platform make at once in a simulated week?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from tests.simulation.model import FILMS, FILMS_AT_ONCE, Task

SHORTEST_MIN, LONGEST_MIN = 6, 15


@dataclass
class Filming:
    """The films that were ordered: when, and when each is made."""

    dice: random.Random = field(default_factory=lambda: random.Random(1))
    films: dict[UUID, tuple[UUID, datetime, datetime]] = field(default_factory=dict)  # by task, with its account

    def order(self, task: Task, now: datetime) -> datetime | None:
        """The platform may be told to make one; answers when it is made, None if it makes none of this."""
        if task.facts.capability != FILMS or task.facts.account_id is None:
            return None
        made = now + timedelta(minutes=self.dice.uniform(SHORTEST_MIN, LONGEST_MIN))
        self.films[task.id] = (task.facts.account_id, now, made)
        return made

    def refuse(self, task: UUID) -> None:
        """It was not ordered after all."""
        self.films.pop(task, None)

    def places(self, account: UUID, now: datetime) -> int:
        """How many more may be ordered for an account."""
        return max(0, FILMS_AT_ONCE - self.making(account, now))

    def making(self, account: UUID, now: datetime) -> int:
        """How many are being made for an account."""
        return sum(whose == account and begun <= now < made for whose, begun, made in self.films.values())

    def too_many(self) -> Iterator[UUID]:
        """The orders that were one too many."""
        for task, (account, begun, _) in self.films.items():
            if self.making(account, begun) > FILMS_AT_ONCE:
                yield task
