"""Measure, and write the figures into `benchmarks/README.md`: `make bench`, or some alone: `make bench args="due scale"`."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import actions, due, exclusive, idle, intents, latency, parked, scale, throughput, waiting
from benchmarks.figure import Figure
from benchmarks.home import Home, running

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->\n"

# In this order: what needs a quiet system comes first, and the million stored tasks last.
QUESTIONS: dict[str, Callable[[Home], list[Figure]]] = {
    "idle": idle.figures,
    "latency": latency.figures,
    "throughput": throughput.figures,
    "actions": actions.figures,
    "exclusive": exclusive.figures,
    "intents": intents.figures,
    "scale": scale.figures,
    "parked": parked.figures,
    "waiting": waiting.figures,
    "due": due.figures,
}


def measure(names: Sequence[str]) -> list[Figure]:
    """Return the figures of these questions, in one run on one machine."""
    with running() as home:
        found = [Figure("`callsheet up` until everything is ready", f"{home.ready_s:.1f} s", "under 15 s")]
        for name in names:
            begun = time.monotonic()
            found += QUESTIONS[name](home)
            sys.stderr.write(f"{name}: {time.monotonic() - begun:.0f} s\n")
    return found


def render(rows: Sequence[Figure]) -> str:
    """Return the figures as a table, with the machine and the day."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d} ({machine}).",
        "",
        "| what | measured | wanted |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {row.what} | {row.measured} | {row.wanted} |" for row in rows]
    return "\n".join(lines) + "\n"


def keep(table: str) -> None:
    """Replace the last table."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + table + END + after)


def main(names: Sequence[str]) -> None:
    """Measure and show; the table is stored only if it is of one run of all questions."""
    unknown = set(names) - QUESTIONS.keys()
    if unknown:
        sys.exit(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(QUESTIONS)}.")
    table = render(measure(names or list(QUESTIONS)))
    sys.stdout.write(table)
    if not names:
        keep(table)


if __name__ == "__main__":
    main(sys.argv[1:])
