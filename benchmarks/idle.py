"""What does Callsheet use while there is nothing to do?"""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from benchmarks.figure import Figure
from benchmarks.home import Home

SETTLE_S = 10
WATCHED_S = 30
FALLS_ASLEEP_S = 60


def figures(home: Home) -> list[Figure]:
    """Measure memory and processor time of all processes; asleep, too. It is awake again afterwards."""
    cpu, memory = cpu_percent(home), memory_mb(home)
    fall_asleep(home)
    asleep = cpu_percent(home)
    home.http.post("/api/system/wake").raise_for_status()
    return [
        Figure("Idle, all processes: memory", f"{memory:.0f} MB", "under 1,000 MB"),
        Figure("Idle, all processes: processor", f"{cpu:.1f} % of one core", "under 3 %"),
        Figure("Asleep, all processes: processor", f"{asleep:.1f} % of one core", "less than idle"),
    ]


def memory_mb(home: Home) -> float:
    """Return the memory of all processes in MB, shared pages counted once (PSS on Linux, USS elsewhere)."""
    return sum(memory_of(process) for process in home.processes())


def memory_of(process: psutil.Process) -> float:
    """Return the memory of one process in MB, with its share of shared pages; 0 if it is gone."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        full = process.memory_full_info()
        return float(getattr(full, "pss", None) or full.uss) / 1e6
    return 0.0


def fall_asleep(home: Home) -> None:
    """Ask for sleep and wait until the status says so."""
    home.http.post("/api/system/sleep").raise_for_status()
    ends = time.monotonic() + FALLS_ASLEEP_S
    while home.http.get("/api/scheduler/status").json()["state"] != "sleeping":
        if time.monotonic() > ends:
            message = f"It did not fall asleep within {FALLS_ASLEEP_S} s."
            raise RuntimeError(message)
        time.sleep(0.5)


def cpu_percent(home: Home) -> float:
    """Return the processor time of all processes over half a minute, in percent of one core."""
    time.sleep(SETTLE_S)
    before = _cpu_s(home)
    begun = time.monotonic()
    time.sleep(WATCHED_S)
    after = _cpu_s(home)
    used = sum(seconds - before.get(pid, seconds) for pid, seconds in after.items())
    return 100 * used / (time.monotonic() - begun)


def _cpu_s(home: Home) -> dict[int, float]:
    spent = {}
    for process in home.processes():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            times = process.cpu_times()
            spent[process.pid] = times.user + times.system
    return spent
