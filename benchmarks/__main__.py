"""Measure, and write the figures into `benchmarks/README.md`: `make bench`, or some alone: `make bench args="due peers"`."""

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
from benchmarks.peers import run as peers
from benchmarks.peers.cases import Results

README = Path(__file__).parent / "README.md"
PEERS = "peers"  # the question that has tables of its own
QUIET = 0.5  # processes that want a core, on average of the last minute

# In this order: what needs a quiet system comes first, and the million stored tasks last; the peers come before those.
FIRST: dict[str, Callable[[Home], list[Figure]]] = {
    "idle": idle.figures,
    "latency": latency.figures,
    "throughput": throughput.figures,
    "actions": actions.figures,
    "exclusive": exclusive.figures,
    "intents": intents.figures,
}
LAST: dict[str, Callable[[Home], list[Figure]]] = {
    "scale": scale.figures,
    "parked": parked.figures,
    "waiting": waiting.figures,
    "due": due.figures,
}
QUESTIONS = FIRST | LAST


def measure(names: Sequence[str]) -> tuple[list[Figure], dict[str, Results]]:
    """Return the figures of these questions, and what the peers came to, in one run on one machine."""
    beside: dict[str, Results] = {}
    with running() as home:
        found = [Figure("`callsheet up` until everything is ready", f"{home.ready_s:.1f} s", "under 15 s")]
        for name in names:
            begun = time.monotonic()
            if name == PEERS:
                beside = peers.measure_all(home)
            else:
                found += QUESTIONS[name](home)
            sys.stderr.write(f"{name}: {time.monotonic() - begun:.0f} s\n")
    return found, beside


def describe_run() -> str:
    """Return where and when this is measured, and how busy the machine is with other things before it begins."""
    name = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    load = os.getloadavg()[0]
    beside = "quiet" if load < QUIET else "beside other work: only ratios mean something"
    return f"Measured on {datetime.now(UTC):%Y-%m-%d} ({name}; load before it {load:.1f}, {beside})."


def render(rows: Sequence[Figure], where: str) -> str:
    """Return the figures as a table, with the machine and the day."""
    lines = [where, "", "| what | measured | wanted |", "| --- | --- | --- |"]
    lines += [f"| {row.what} | {row.measured} | {row.wanted} |" for row in rows]
    return "\n".join(lines) + "\n"


def keep(section: str, table: str) -> None:
    """Replace the last table of a section."""
    begin, end = f"<!-- {section} -->\n", f"<!-- /{section} -->\n"
    before, _, rest = README.read_text().partition(begin)
    _, _, after = rest.partition(end)
    README.write_text(before + begin + table + end + after)


def main(names: Sequence[str]) -> None:
    """Measure and show; the tables are stored only if they are of one run of all questions."""
    known = [*FIRST, PEERS, *LAST]
    if unknown := set(names) - set(known):
        sys.exit(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    where = describe_run()
    found, beside = measure(names or known)
    sections = {"figures": render(found, where)} | ({PEERS: f"{where}\n\n{peers.render(beside)}"} if beside else {})
    sys.stdout.write("\n".join(sections.values()))
    if not names:
        for section, table in sections.items():
            keep(section, table)


if __name__ == "__main__":
    main(sys.argv[1:])
