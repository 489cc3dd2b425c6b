"""How is a file written that only its owner may read, and how are all of them?"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def keep_private() -> None:
    """Let nobody but its owner into any file or folder that this process makes (600, 700), whatever it was started with."""
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
        os.fsync(file.fileno())  # what stands there after a loss of power is the one or the other, and whole
    fresh.replace(path)
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
