"""Which keys has a person copied to a safe place?"""

from __future__ import annotations

from pathlib import Path

from cli.local.secret import read_json, write_json
from shared.crypto import Keyring


def note_exported(home: Path, keyring: Keyring) -> None:
    """Record that all keys of the ring were exported; only their ids are stored."""
    write_json(home / "keys-exported.json", {"keys": [key_id for key_id, _ in keyring.keys]})


def not_exported(home: Path, keyring: Keyring) -> list[str]:
    """Return the ids of keys that nobody has exported yet."""
    known = read_json(home / "keys-exported.json").get("keys", [])
    return [key_id for key_id, _ in keyring.keys if key_id not in known]
