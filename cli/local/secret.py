"""How does the home store what only its owner may read?"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from shared.private_file import write_private


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in the file; empty where the file is missing or truncated, since it can be made again."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Store an object in a file of mode 600."""
    write_private(path, json.dumps(value, indent=2) + "\n")


def keep_password(path: Path) -> str:
    """Return the password in the file, which is made of 192 random bits where there is none yet."""
    if not path.is_file():
        write_private(path, secrets.token_urlsafe(24) + "\n")
    return path.read_text().strip()
