"""Which processes of this machine may we end? Those that are recorded in its home, and no others.

Whoever has a worker's login of the database can write any pid into an attempt, and so have it ended by the keeper of any
machine. The database's word is therefore not enough: workers, and the browsers that they start, are recorded in a folder
that only this machine's own processes can write.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from shared.private_file import write_private
from shared.process_identity import identity_of

FOLDER = "processes"


def note_own_process(home: Path, pid: int, identity: str | None) -> None:
    """Record a process of ours, by its pid and identity, so that the keeper may end it."""
    if identity is None or _noted(home, pid) == identity:
        return
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / str(pid), identity)


def is_own_process(home: Path, pid: int) -> bool:
    """Return whether the process that has this pid now is recorded in this home."""
    identity = identity_of(pid)
    return identity is not None and _noted(home, pid) == identity


def forget_dead_processes(home: Path) -> int:
    """Remove the records of processes that are gone; return how many."""
    folder, gone = home / FOLDER, 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name.isdigit() and not is_own_process(home, int(path.name)):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _noted(home: Path, pid: int) -> str | None:
    with contextlib.suppress(OSError):
        return (home / FOLDER / str(pid)).read_text()
    return None
