"""What becomes too small first at so many tasks a day? A model that the measurements feed; pure, and small on purpose.

It knows one machine, the one that was measured: what it does a second, and what a stored task takes. A day's tasks come
unevenly: the busiest hour has `PEAK` times the average. What is used to more than `FULL` has no room for a bad minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

A_DAY_S = 86_400
PEAK = 4.0
FULL = 0.6
KEPT_D = 30  # `keep_finished_d`: so long finished tasks stay in the hot tables


@dataclass(frozen=True, slots=True)
class Capacity:
    """A part that all tasks of a kind go through.

    `a_second` is what it does at most, `share` how many of a day's tasks go through it, `remedy` what to do when it is full.
    """

    name: str
    a_second: float
    share: float
    remedy: str


@dataclass(frozen=True, slots=True)
class Load:
    """How far a part is used in the busiest hour: 1 is all of it."""

    name: str
    used: float
    remedy: str

    @property
    def is_full(self) -> bool:
        """Return whether it has no room for a bad minute."""
        return self.used > FULL


def peak_a_second(tasks_a_day: float) -> float:
    """Return how many tasks a second come in the busiest hour."""
    return tasks_a_day / A_DAY_S * PEAK


def loads(tasks_a_day: float, parts: Sequence[Capacity]) -> list[Load]:
    """Return how far each part is used, the fullest first."""
    peak = peak_a_second(tasks_a_day)
    found = [Load(part.name, peak * part.share / part.a_second, part.remedy) for part in parts]
    return sorted(found, key=lambda load: -load.used)


def machines(tasks_a_day: float, part: Capacity) -> int:
    """Return how many of the measured machines' worth of a part is needed, each used to `FULL` at most."""
    return max(1, -int(-peak_a_second(tasks_a_day) * part.share // (part.a_second * FULL)))


def stored_gb(tasks_a_day: float, bytes_each: float) -> float:
    """Return how large the hot tables are once they have the tasks of `KEPT_D` days."""
    return tasks_a_day * KEPT_D * bytes_each / 1e9


def table(days: Sequence[float], parts: Sequence[Capacity], bytes_each: float) -> list[str]:
    """Return for each number of tasks a day the busiest hour, each part's use, what is stored, and what is full first."""
    heads = ["tasks a day", "busiest hour", *(f"{part.name} ({part.a_second:,.0f} a second)" for part in parts)]
    rows = [f"| {' | '.join([*heads, f'{KEPT_D} days stored', 'full first'])} |", f"|{' --- |' * (len(heads) + 2)}"]
    for day in days:
        found = loads(day, parts)
        used: Mapping[str, float] = {load.name: load.used for load in found}
        first = found[0].name if found[0].is_full else "nothing"
        cells = [f"{day:,.0f}", f"{peak_a_second(day):,.0f} a second", *(f"{used[part.name]:.0%}" for part in parts)]
        rows.append(f"| {' | '.join([*cells, f'{stored_gb(day, bytes_each):,.0f} GB', first])} |")
    return rows
