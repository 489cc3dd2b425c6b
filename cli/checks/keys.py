"""Are the encryption keys there, and is a copy kept elsewhere?"""

from __future__ import annotations

from cli.checks.finding import Finding, wrong
from cli.local.exported import not_exported
from shared.errors import NotConfigured
from shared.settings import Settings


def check_keys(settings: Settings) -> Finding:
    """Warn until the keys of the home were exported: a backup cannot be read without them."""
    try:
        keyring = settings.keyring()
    except NotConfigured as error:
        return wrong("keys", error, "Start with `callsheet up`, or put the exported keys back.")
    if settings.keys:
        return Finding("keys", "ok", f"{len(keyring.keys)} in CALLSHEET_KEYS")
    if missing := not_exported(settings.home, keyring):
        return Finding(
            "keys",
            "warn",
            f"only in this home: {', '.join(missing)}; without them nothing in a backup can be decrypted",
            "Run `callsheet keys export FILE`, and keep the file elsewhere than the backups.",
        )
    return Finding("keys", "ok", f"{len(keyring.keys)} in the home, exported")
