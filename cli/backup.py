"""callsheet backup, callsheet restore: save everything in one file, and restore it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.local.backup import back_up
from cli.local.backup import restore as restore_into
from cli.local.exported import not_exported
from cli.local.servers.served import at_rest, served
from cli.screen import AsJson, show_json, talk
from shared.crypto import load_keyring
from shared.errors import Conflict
from shared.private_file import write_private
from shared.settings import Settings

KeyFile = Annotated[
    Path | None, typer.Option("--keys", help="The exported keys; else those of this home or CALLSHEET_KEYS.")
]
Written = Annotated[Path | None, typer.Argument(metavar="FILE", help="A new file; else callsheet-TIME.tar in this folder.")]
Read = Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")]


def backup(context: typer.Context, file: Written = None, *, as_json: AsJson = False) -> None:
    """Write database, media and proofs into one file, while everything runs on. Keys and passwords are not in it."""
    settings: Settings = context.obj
    file = (file or Path(f"callsheet-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar")).absolute()
    with served(settings) as at:
        manifest = back_up(at, file)
    if as_json:
        show_json({"file": str(file), **{name: value for name, value in asdict(manifest).items() if name != "sums"}})
    size = file.stat().st_size / 1024**2
    talk.print(f"{file}: schema {manifest.schema}, {len(manifest.sums) - 1} files, {size:.1f} MB.", soft_wrap=True)
    if not settings.keys and not_exported(settings.home, settings.keyring()):
        talk.print("[yellow]Its credentials open with this home's keys only: `callsheet keys export FILE`.[/yellow]")


def restore(context: typer.Context, file: Read, *, keys: KeyFile = None, as_json: AsJson = False) -> None:
    """Fill an empty home or database from a backup. Everything is paused then, until `callsheet resume`."""
    settings: Settings = context.obj
    with at_rest(settings) as at:
        if keys is not None:
            _take_keys(settings, keys)
        done = restore_into(at, file, at.keyring())
    if as_json:
        show_json(asdict(done))
    brought = "" if done.was == done.schema else f", brought to {done.schema}"
    talk.print(f"Restored the backup of {done.created_at}: schema {done.was}{brought}, {done.files} files.")
    talk.print(f"{done.opened} encrypted values open with the keys that are here.")
    talk.print("Everything is paused: look at what was done since, then `callsheet resume`.")


def _take_keys(settings: Settings, file: Path) -> None:
    """Take exported keys as the home's own.

    Raises:
        Conflict: the home has others, or they are in CALLSHEET_KEYS.
        NotConfigured: the file holds none.
    """
    load_keyring("", file)
    kept = settings.home / "keys"
    if settings.keys or (kept.exists() and kept.read_text() != file.read_text()):
        where = "CALLSHEET_KEYS" if settings.keys else str(kept)
        raise Conflict(code="other_keys", message=f"There are other keys in {where}: put these there yourself.")
    write_private(kept, file.read_text())
