"""How does a forked process get a name of its own? Its arguments are those of its parent, until they are written over.

They lie in its memory, and `/proc/self/stat` says where (proc(5), fields 48 and 49). Behind them stands its environment
as it was at the start, and stays: by it the processes of a home are known.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

STAT = Path("/proc/self/stat")


def set_title(*words: str) -> None:
    """Have `ps` and `/proc` show these words as the arguments of this process, as many as there is room for."""
    fields = STAT.read_text().rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])
    if not 0 < start < end:
        return  # the kernel hides it
    room = end - start
    # The last byte stays 0: by another one the kernel would take what follows for a part of it.
    text = "\0".join(words).encode()[: room - 1]
    ctypes.memmove(start, text.ljust(room, b"\0"), room)
