"""How are files written that only their owner may read?"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def keep_private() -> None:
    """Set the umask so that only the owner may access files and folders of this process (600, 700)."""
    os.umask(0o077)


def write_private(path: Path, text: str, *, durable: bool = False) -> None:
    """Write `text` so that nobody else can read it at any moment (mode 600), replacing the file in one step.

    `durable`: its name is on the disk too when this returns.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # after a loss of power the file is the old or the new one, and whole
    fresh.replace(path)
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
