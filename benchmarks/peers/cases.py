"""Which cases are measured with every queue, and how are they compared? Nothing here measures."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OURS = "Callsheet"


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several measurements, and between what they lay."""

    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Case:
    """One question. `more_is_better` says which way a comparison goes."""

    key: str
    what: str
    unit: str
    more_is_better: bool = True
    digits: int = 0


CASES = (
    Case("single", "submit one by one", "a second"),
    Case("bulk", "submit in bulk", "a second"),
    Case("noop", "no-op, end to end", "a second"),
    Case("wait", "5 ms of waiting, end to end", "a second"),
    Case("latency", "submit to start, idle", "ms", more_is_better=False, digits=1),
    Case("retries", "every second attempt fails", "a second"),
    Case("noop_2", "no-op, 2 worker processes", "a second"),
    Case("noop_4", "no-op, 4 worker processes", "a second"),
    Case("late", "lateness, 100 due a second", "ms", more_is_better=False, digits=1),
    Case("stored", "no-op, others stored for later", "a second"),
    Case("memory", "idle: memory", "MB", more_is_better=False),
    Case("processor", "idle: processor", "% of a core", more_is_better=False, digits=1),
)

# What a queue came to, by the case's key; or why there is no figure: it has none of it, or did not answer.
Results = Mapping[str, Spread | str]


def spread(values: Sequence[float]) -> Spread:
    """Return the median of these measurements with its spread.

    Raises:
        ValueError: there is none.
    """
    return Spread(statistics.median(values), min(values), max(values))


def ratio(case: Case, ours: Spread, theirs: Spread) -> float:
    """Return how many times better ours is, by the medians; below 1 it is worse."""
    better, worse = (ours.median, theirs.median) if case.more_is_better else (theirs.median, ours.median)
    return better / worse if worse else float("inf")


def cell(case: Case, ours: Spread | str, theirs: Spread | str) -> str:
    """Return a field of the table: median, spread, and how many times better ours is; or why there is none."""
    if isinstance(theirs, str):
        return theirs
    shown = f"{_number(case, theirs.median)} ({_number(case, theirs.least)} to {_number(case, theirs.most)})"
    if isinstance(ours, str) or ours is theirs:
        return shown
    return f"{shown} · {ratio(case, ours, theirs):.2g}x"


def table(cases: Sequence[Case], found: Mapping[str, Results]) -> list[str]:
    """Return a table with one row for each queue and one column for each of these cases."""
    ours = found.get(OURS, {})
    rows = [
        f"| {name} | {' | '.join(cell(case, ours.get(case.key, ''), results.get(case.key, '')) for case in cases)} |"
        for name, results in found.items()
    ]
    heads = [f"{case.what} ({case.unit})" for case in cases]
    return [f"| queue | {' | '.join(heads)} |", f"|{' --- |' * (len(cases) + 1)}", *rows]


def losses(found: Mapping[str, Results]) -> list[str]:
    """Return where ours is behind: case, queue and how far, the case with the largest distance first."""
    ours = found.get(OURS, {})
    behind: list[tuple[float, str]] = []
    for case in CASES:
        own = ours.get(case.key, "")
        if isinstance(own, str):
            continue
        theirs = {name: results.get(case.key, "") for name, results in found.items() if name != OURS}
        compared = {name: ratio(case, own, one) for name, one in theirs.items() if isinstance(one, Spread)}
        better = {name: times for name, times in compared.items() if times < 1}
        if better:
            named = ", ".join(f"{name} {times:.2g}x" for name, times in sorted(better.items(), key=lambda one: one[1]))
            behind.append((min(better.values()), f"{case.what}: {named}"))
    return [line for _, line in sorted(behind)]


def _number(case: Case, value: float) -> str:
    return f"{value:,.{case.digits}f}"
