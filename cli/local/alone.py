"""How is a home kept from being started, restored or re-keyed twice at once?"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import Conflict


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the home's lock, which one process can have; it ends with the process, however that ends.

    Raises:
        Conflict: another process has it.
    """
    with (home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = "Another `callsheet` command is just starting or changing this home."
            raise Conflict(code="already_running", message=message) from error
        yield
