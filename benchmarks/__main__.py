"""Measure everything and write the figures into `benchmarks/README.md`: `make bench`."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import idle, latency
from benchmarks.home import running

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->\n"


def measure() -> list[tuple[str, str, str]]:
    """Every figure as (what, measured, wanted), in one run on one machine."""
    with running() as home:
        cpu = idle.cpu_percent(home)
        memory = idle.memory_mb(home)
        idle.fall_asleep(home)
        asleep = idle.cpu_percent(home)
        probe = latency.median(latency.probe_ms(home))
        plain = latency.median(latency.plain_celery_ms(home))
        browser = latency.median(latency.browser_ms(home))
    return [
        ("`callsheet up` until everything is ready", f"{home.ready_s:.1f} s", "under 15 s"),
        ("Idle, all processes: memory", f"{memory:.0f} MB", "under 1,000 MB"),
        ("Idle, all processes: processor", f"{cpu:.1f} % of one core", "under 3 %"),
        ("Asleep, all processes: processor", f"{asleep:.1f} % of one core", "less than idle"),
        ("POST to claim of a `probe`, median", f"{probe:.1f} ms", "under 15 ms"),
        ("Plain Celery, `delay()` to start, median", f"{plain:.1f} ms", "peer"),
        ("Ratio of the two", f"{probe / plain:.1f}", ""),
        ("POST to the browser's first request, median", f"{browser:.0f} ms", "under 300 ms"),
    ]


def render(rows: list[tuple[str, str, str]]) -> str:
    """The figures as a table, with the machine and the day."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d} ({machine}).",
        "",
        "| what | measured | wanted |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {what} | {measured} | {wanted} |" for what, measured, wanted in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, show and keep."""
    table = render(measure())
    sys.stdout.write(table)
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + table + END + after)


if __name__ == "__main__":
    main()
