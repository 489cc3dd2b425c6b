"""What does Callsheet use while nothing is to be done?"""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from benchmarks.home import Home

SETTLE_S = 10
WATCHED_S = 30
FALLS_ASLEEP_S = 60


def memory_mb(home: Home) -> float:
    """The memory of all processes in MB, shared pages counted once (PSS on Linux, USS elsewhere)."""
    total = 0
    for process in home.processes():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            full = process.memory_full_info()
            total += getattr(full, "pss", None) or full.uss
    return total / 1e6


def fall_asleep(home: Home) -> None:
    """Ask for sleep and wait until the status says so; the next submit wakes it again."""
    home.http.post("/api/system/sleep").raise_for_status()
    ends = time.monotonic() + FALLS_ASLEEP_S
    while home.http.get("/api/scheduler/status").json()["state"] != "sleeping":
        if time.monotonic() > ends:
            message = f"It did not fall asleep within {FALLS_ASLEEP_S} s."
            raise RuntimeError(message)
        time.sleep(0.5)


def cpu_percent(home: Home) -> float:
    """Processor time of all processes over half a minute, in percent of one core."""
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
