"""callsheet keys: list, change and export the keys that encrypt credentials."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.local.exported import note_exported
from cli.local.servers.served import at_rest, served
from cli.screen import AsJson, show_json, show_table, talk
from shared.crypto import Keyring, with_new_key, written
from shared.db.migrate import migrate
from shared.encryption_keys.rotate import rotate as move_to_newest
from shared.encryption_keys.state import KeyState, state
from shared.errors import Conflict, NotConfigured
from shared.private_file import write_private
from shared.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List, rotate, export or retire the keys that encrypt credentials.")

Target = Annotated[Path, typer.Argument(metavar="FILE", help="A new file; it is written with mode 600.")]


@app.command("list")
def list_keys(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show the keys by their ids, and how much each has encrypted."""
    settings: Settings = context.obj
    with served(settings) as at:
        found = state(settings=at, keyring=settings.keyring())
    if as_json:
        show_json({"items": [asdict(key) for key in found]})
        return
    rows = [(key.id, _word(key), key.ciphertexts) for key in found]
    show_table(("id", "state", "encrypted values"), rows, empty="")


@app.command()
def rotate(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Make a new key, and encrypt everything again with it while all runs on. Old keys stay until they are retired.

    With keys in CALLSHEET_KEYS no key is made: put a new one first there, restart, and run this to encrypt again.
    """
    settings: Settings = context.obj
    keyring = settings.keyring()
    with served(settings) as at:
        if not settings.keys:
            keyring = with_new_key(keyring)
            write_private(settings.home / "keys", written(keyring))
        moved = move_to_newest(settings=at, keyring=keyring)
    if as_json:
        show_json({"newest": keyring.keys[0][0], "encrypted_again": moved})
    talk.print(f"{keyring.keys[0][0]} encrypts from now on; {moved} values were encrypted again.")
    if not settings.keys:
        talk.print("Export the keys again: `callsheet keys export FILE`.")


@app.command()
def export(context: typer.Context, file: Target) -> None:
    """Copy the keys to a file, to be kept elsewhere than the backups."""
    settings: Settings = context.obj
    keyring = settings.keyring()
    if file.exists():
        raise Conflict(code="exists", message=f"{file} exists already, and is not overwritten.")
    write_private(file, written(keyring))
    if not settings.keys:
        note_exported(settings.home, keyring)
    talk.print(f"{len(keyring.keys)} keys are in {file} (mode 600). Whoever has it and a backup has every credential.")


@app.command()
def retire(context: typer.Context) -> None:
    """Remove all keys but the newest, once nothing is encrypted with them; only while everything is stopped.

    The passwords of PostgreSQL's roles are derived from the oldest key: they are changed with it.
    """
    settings: Settings = context.obj
    if settings.keys:
        raise NotConfigured(setting="CALLSHEET_KEYS", message="The keys are in CALLSHEET_KEYS: take the old ones out there.")
    keyring = settings.keyring()
    with at_rest(settings) as at:
        if used := [key.id for key in state(settings=at, keyring=keyring) if key.ciphertexts and not key.newest]:
            message = f"Something is still encrypted with {', '.join(used)}: run `callsheet keys rotate` first."
            raise Conflict(code="in_use", message=message)
        write_private(settings.home / "keys", written(Keyring(keyring.keys[:1])))
        migrate(at)
    talk.print(f"{len(keyring.keys) - 1} old keys are gone; {keyring.keys[0][0]} is left.")


def _word(key: KeyState) -> str:
    if not key.known:
        return "missing"
    return "encrypts" if key.newest else "decrypts only"
