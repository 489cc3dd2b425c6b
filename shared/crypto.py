"""How are credentials encrypted, and how are keys named, stored and derived?

A ciphertext reads `<key id>:<Fernet token>`. The owner and the account id are inside, so that a row copied onto
another account does not decrypt.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import NotConfigured


@dataclass(frozen=True, slots=True)
class Keyring:
    """Encryption keys by id, newest first: the newest encrypts, all decrypt."""

    keys: tuple[tuple[str, bytes], ...]

    def seal(self, secret: dict[str, str], *, owner: str, account: str) -> str:
        """Encrypt a credential for one account of one owner (a workspace)."""
        key_id, key = self.keys[0]
        inside = json.dumps({"owner": owner, "account": account, "secret": secret})
        return f"{key_id}:{Fernet(key).encrypt(inside.encode()).decode()}"

    def open(self, sealed: str, *, owner: str, account: str) -> dict[str, str]:
        """Decrypt a credential.

        Raises:
            NotConfigured: no key of this ring fits, or the ciphertext belongs to another owner or account.
        """
        key_id, _, token = sealed.partition(":")
        ring = MultiFernet([Fernet(key) for _, key in self.keys])
        try:
            inside = json.loads(ring.decrypt(token.encode()))
        except InvalidToken as error:
            raise NotConfigured(setting="CALLSHEET_KEYS", message=f"No key decrypts what key {key_id} encrypted.") from error
        if (inside["owner"], inside["account"]) != (owner, account):
            raise NotConfigured(setting="CALLSHEET_KEYS", message="The credential belongs to another account.")
        secret: dict[str, str] = inside["secret"]
        return secret

    def derive(self, purpose: str) -> str:
        """Return a secret for one purpose, derived (HKDF-SHA256) from the oldest key, so that new keys do not change it."""
        return base64.urlsafe_b64encode(_derived(self.keys[-1][1], purpose)).decode().rstrip("=")

    def derive_each(self, purpose: str) -> dict[str, bytes]:
        """Return a 256-bit key for one purpose from each key, by its id, newest first: for data that names its key."""
        return {key_id: _derived(key, purpose) for key_id, key in self.keys}


def _derived(key: bytes, purpose: str) -> bytes:
    made: bytes = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(base64.urlsafe_b64decode(key))
    return made


def parse_keyring(text: str) -> Keyring:
    """Return the keys in `id:base64`, separated by commas or lines, newest first.

    Raises:
        NotConfigured: the text holds no key, or one that is not 32 bytes of base64.
    """
    keys = []
    for entry in text.replace("\n", ",").split(","):
        key_id, _, key = entry.strip().partition(":")
        if not entry.strip():
            continue
        try:
            Fernet(key)
        except ValueError as error:
            raise NotConfigured(setting="CALLSHEET_KEYS", message=f"Key {key_id!r} is not 32 bytes of base64.") from error
        keys.append((key_id, key.encode()))
    if not keys:
        raise NotConfigured(setting="CALLSHEET_KEYS", message="No encryption key is set.")
    return Keyring(tuple(keys))


def load_keyring(text: str, path: Path) -> Keyring:
    """Return the keys in `text`, else in the file at `path`.

    Raises:
        NotConfigured: there are none.
    """
    if text:
        return parse_keyring(text)
    if not path.is_file():
        raise NotConfigured(
            setting="CALLSHEET_KEYS", message=f"No encryption key: CALLSHEET_KEYS is empty and {path} is missing."
        )
    return parse_keyring(path.read_text())


def with_new_key(keyring: Keyring) -> Keyring:
    """Return the ring with a new key before all others."""
    return Keyring((_fresh_key(), *keyring.keys))


def written(keyring: Keyring) -> str:
    """Return the ring as its file contains it, which `parse_keyring` reads."""
    return "".join(f"{key_id}:{key.decode()}\n" for key_id, key in keyring.keys)


def create_keyring(path: Path) -> Keyring:
    """Write one fresh key to `path` (mode 600) unless the file exists, and load it."""
    if not path.exists():
        text = written(fresh_keyring())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
    return parse_keyring(path.read_text())


def fresh_keyring() -> Keyring:
    """Return a ring of one new key, which is stored nowhere."""
    return Keyring((_fresh_key(),))


def _fresh_key() -> tuple[str, bytes]:
    return f"k{secrets.token_hex(4)}", Fernet.generate_key()
