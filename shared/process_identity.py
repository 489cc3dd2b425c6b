"""Which process is this, for certain, and is it dead? Told by values that no change of the clock affects.

A pid is reused, and a start time in seconds since 1970 moves with the machine's clock (NTP, a VM that resumes). The kernel's
own count does not change: on Linux the ticks from the boot to the process's start, on macOS the instant that the
kernel recorded at its start, each with the boot that it belongs to. Everything of an older boot is dead.

What cannot be read proves nothing: such a process is neither dead nor ours to end, unless nobody has its pid.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PROC = Path("/proc")
LOOKS_EVERY_S = 0.01
# Before they had identities, processes were recorded by start times in seconds; see `_state_by_time`.
SAME_START_S = 2.0
# `struct kinfo_proc` of macOS (`sys/sysctl.h`, 64 bits): its size and where the pid lies; it begins with the start.
_KINFO_BYTES, _KINFO_PID_AT = 648, 40
_CTL_KERN, _KERN_PROC, _KERN_PROC_PID = 1, 14, 1


class ProcessState(Enum):
    """The state of a recorded process, as far as it is known."""

    OURS = "it lives, and is the one that was recorded"
    DEAD = "it is dead"
    UNKNOWN = "neither is proved"


def identity_of(pid: int) -> str | None:
    """Return what tells this process from every other one on this machine, or None where that cannot be read."""
    boot, start = _boot(), _start_of(pid)
    return None if boot is None or start is None else f"{boot}/{start}"


def state_of(pid: int, identity: str | None, started_at: float | None = None) -> ProcessState:
    """Return whether the process that was recorded with this pid and identity lives.

    `started_at` (seconds since 1970) is what older versions recorded instead of an identity.
    """
    boot = _boot()
    if identity is not None and boot is not None and identity.rpartition("/")[0] != boot:
        return ProcessState.DEAD
    if not _exists(pid):
        return ProcessState.DEAD
    start = _start_of(pid)
    if start is None or boot is None:
        # It may have ended just now.
        return ProcessState.UNKNOWN if _exists(pid) else ProcessState.DEAD
    if identity is None:
        return ProcessState.UNKNOWN if started_at is None else _state_by_time(pid, start, started_at)
    if identity != f"{boot}/{start}" or _is_zombie(pid):
        return ProcessState.DEAD
    return ProcessState.OURS


def end_process(pid: int, identity: str | None, started_at: float | None = None, *, within_s: float) -> bool:
    """Kill a recorded process and all that it started, if it is proved to be ours; return whether it is known to be dead.

    SIGKILL works on stopped processes too. Blocks for `within_s` at most.
    """
    try:
        process = psutil.Process(pid)  # keeps this identity: psutil signals no later process with its pid
        state = state_of(pid, identity, started_at)
        if state is not ProcessState.OURS:
            return state is ProcessState.DEAD
        process.suspend()  # so that it neither starts another child nor reacts to the end of one
        family = [process, *_descendants(process)]
    except psutil.NoSuchProcess:
        return state_of(pid, identity, started_at) is ProcessState.DEAD
    except psutil.AccessDenied:
        return False
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            member.kill()
    ends = time.monotonic() + within_s
    while not all(is_dead(member) for member in family):
        if time.monotonic() > ends:
            return False
        time.sleep(LOOKS_EVERY_S)
    return True


def is_dead(process: psutil.Process) -> bool:
    """Return whether a process that was seen before is dead. A zombie is: it only waits for its parent to notice."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _descendants(process: psutil.Process) -> Iterator[psutil.Process]:
    """Return its children and theirs. psutil's own list compares start times by the clock."""
    children: dict[int, list[psutil.Process]] = {}
    for other in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            children.setdefault(other.ppid(), []).append(other)
    waiting = [process.pid]
    while waiting:
        # A pid reaches its children once.
        for child in children.pop(waiting.pop(), []):
            waiting.append(child.pid)
            yield child


def _state_by_time(pid: int, start: str, started_at: float) -> ProcessState:
    """Compare with a start time that an older version recorded: the kernel's count, plus a boot time of whole seconds.

    A clock's step moves it by whole seconds, so another fraction is another process. The same fraction within two seconds
    is ours; anything else proves nothing.
    """
    fraction = _fraction_of(start)
    apart = abs((started_at - fraction + 0.5) % 1 - 0.5)
    if apart > 0.001:  # noqa: PLR2004 - a tick is 0.01 s, and a float of today's seconds is exact to a millionth
        return ProcessState.DEAD
    try:
        same = abs(psutil.Process(pid).create_time() - started_at) <= SAME_START_S
    except psutil.Error:
        return ProcessState.UNKNOWN
    if not same:
        return ProcessState.UNKNOWN
    return ProcessState.DEAD if _is_zombie(pid) else ProcessState.OURS


def _fraction_of(start: str) -> float:
    """Return the fraction of a second in a start that `_start_of` returned."""
    if sys.platform == "darwin":
        return float(f"0.{start.partition('.')[2]}")
    ticks: int = os.sysconf("SC_CLK_TCK")
    return int(start) % ticks / ticks


def _exists(pid: int) -> bool:
    """Return whether any process has this pid, also one that is hidden from us in `/proc`."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _is_zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _boot() -> str | None:
    """Return this boot's own id."""
    if sys.platform == "darwin":
        return _sysctl_text(b"kern.bootsessionuuid")
    try:
        return BOOT_ID.read_text().strip() or None
    except OSError:
        return None


def _start_of(pid: int) -> str | None:
    """Return when a process began, as the kernel counts: ticks since the boot, or the seconds that it recorded."""
    if sys.platform == "darwin":
        return _start_on_macos(pid)
    try:
        line = (PROC / str(pid) / "stat").read_text(errors="replace")
        # The name, in parentheses, may contain anything; the start is field 22 of proc(5), the name being the second.
        start = line.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None
    return start if start.isdigit() else None


def _start_on_macos(pid: int) -> str | None:
    """Return the start that the kernel records when a process begins, which no step of the clock changes."""
    question = (ctypes.c_int * 4)(_CTL_KERN, _KERN_PROC, _KERN_PROC_PID, pid)
    answer = ctypes.create_string_buffer(_KINFO_BYTES)
    size = ctypes.c_size_t(_KINFO_BYTES)
    if ctypes.CDLL(None).sysctl(question, 4, answer, ctypes.byref(size), None, ctypes.c_size_t(0)) != 0:
        return None
    return parse_kinfo(answer.raw, size.value, pid)


def parse_kinfo(answer: bytes, size: int, pid: int) -> str | None:
    """Return the start (`seconds.microseconds`) in a `struct kinfo_proc`; None where it is not one of this pid."""
    if size != _KINFO_BYTES or int.from_bytes(answer[_KINFO_PID_AT : _KINFO_PID_AT + 4], "little") != pid:
        return None
    seconds, micros = int.from_bytes(answer[:8], "little"), int.from_bytes(answer[8:12], "little")
    return f"{seconds}.{micros:06d}" if seconds else None


def _sysctl_text(name: bytes) -> str | None:
    answer = ctypes.create_string_buffer(64)
    size = ctypes.c_size_t(64)
    if ctypes.CDLL(None).sysctlbyname(name, answer, ctypes.byref(size), None, ctypes.c_size_t(0)) != 0:
        return None
    return answer.value.decode(errors="replace") or None
