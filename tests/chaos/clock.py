"""How does the machine's clock step under the processes of a run? Each adds to its own what a file says.

`time.time` is what deadlines inside one process are read from, and the boot time is what psutil calculates start times from:
both move when NTP steps a clock, or a virtual machine resumes. PostgreSQL's clock, which decides everything else, stays.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from pathlib import Path

import psutil

VARIABLE = "CHAOS_CLOCK"
_OFFSET = struct.Struct("d")


def step(path: Path, seconds: float) -> None:
    """Have all that follow the file be so many seconds ahead of the true time from now on."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.write(_OFFSET.pack(seconds))


def follow() -> None:
    """Let this process's clock follow the file, if it was told of one."""
    name = os.environ.get(VARIABLE)
    if name is None:
        return
    with Path(name).open("rb") as file:
        shared = mmap.mmap(file.fileno(), _OFFSET.size, prot=mmap.PROT_READ)
    real, booted = time.time, psutil._psplatform.boot_time

    def offset() -> float:
        found: float = _OFFSET.unpack_from(shared)[0]
        return found

    time.time = lambda: real() + offset()
    psutil._psplatform.boot_time = lambda: booted() + offset()
