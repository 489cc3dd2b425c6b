"""How is it ensured that a home has one program? By a lock, which ends with the process that holds it."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from shared.errors import NotConfigured

FOLDER = "door"  # of the home: the folder of the host's program


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the lock of this home: two programs would end each other's browsers.

    Raises:
        NotConfigured: another one runs.
    """
    folder = home.absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"A host's program runs with {home} already."
            raise NotConfigured(setting="CALLSHEET_HOME", message=message) from error
        yield


def is_running(home: Path) -> bool:
    """Return whether a program holds the lock."""
    if not (home.absolute() / FOLDER / "lock").exists():
        return False
    try:
        with only_one(home):
            return False
    except NotConfigured:
        return True
