# ruff: noqa: INP001 - a script that the images carry, no package
"""Who owns this installation? Makes the workspace, its hosts and one API key, as the database's owner; safe to repeat.

The key is printed once, on standard output; the database keeps its hash alone. `--practice` also connects an account `demo`
on each of the practice sites at that address.
"""

from __future__ import annotations

import argparse
import sys
from uuid import UUID

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import NoResultFound
from sqlalchemy.pool import NullPool

from connectors.registry import MANIFESTS
from shared.errors import CallsheetError, Conflict
from shared.identity.api_keys import make_key
from shared.identity.caller import SCOPES
from shared.identity.store import workspaces
from shared.settings import Settings, load_settings


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="found.py", description="Make a workspace, its hosts and one API key.")
    parser.add_argument("--workspace", required=True, help="its name")
    parser.add_argument("--host", action="append", default=[], type=_host, metavar="PLATFORM=HOST", help="who drives what")
    parser.add_argument("--key", default="first key", help="the API key's name; made where no valid one has it")
    parser.add_argument("--practice", default="", metavar="URL", help="connect `demo` on the practice sites there")
    return parser.parse_args(words)


def found(settings: Settings, asked: argparse.Namespace) -> str | None:
    """Make what is missing, in one transaction; the new key's text, or None where a key of that name exists."""
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        workspaces.set_up_alone(connection)
        workspace = workspaces.ensure_workspace(connection, asked.workspace)
        hosts = {platform: _ensure_host(connection, workspace, name) for platform, name in asked.host}
        if asked.practice:
            _connect_practice(connection, workspace, hosts, asked.practice.rstrip("/"))
        if workspaces.has_key(connection, workspace, asked.key):
            return None
        key = make_key()
        workspaces.add_key(connection, workspace, asked.key, prefix=key.prefix, hashed=key.hash, scopes=SCOPES)
        return key.text


def _ensure_host(connection: Connection, workspace: UUID, name: str) -> UUID:
    try:
        return workspaces.ensure_host(connection, workspace, name)
    except NoResultFound as error:
        message = f"The host {name!r} belongs to another workspace: give this one hosts of its own, by --host PLATFORM=HOST."
        raise Conflict(code="name_taken", message=message) from error


def _connect_practice(connection: Connection, workspace: UUID, hosts: dict[str, UUID], url: str) -> None:
    persona = workspaces.ensure_persona(connection, workspace, "demo")
    for platform, host in hosts.items():
        account = {
            "workspace_id": workspace,
            "persona_id": persona,
            "host_id": host,
            "platform": platform,
            "handle": "demo",
            "transport": "chromium",
            "origin": f"{url}/{platform}",
            "practice": True,
        }
        workspaces.ensure_account(connection, account)


def _host(text: str) -> tuple[str, str]:
    platform, _, name = text.partition("=")
    driven = sorted(one for one, manifest in MANIFESTS.items() if any(c.transport != "api" for c in manifest.capabilities))
    if platform not in driven or not name:
        message = f"say PLATFORM=HOST, with one of {', '.join(driven)}"
        raise argparse.ArgumentTypeError(message)
    return platform, name


def main() -> None:
    """Make it, and print the key."""
    asked = arguments(sys.argv[1:])
    try:
        key = found(load_settings(), asked)
    except CallsheetError as error:
        sys.exit(str(error))
    if key is None:
        sys.stderr.write(f"The workspace {asked.workspace!r} has a key {asked.key!r} already; its text is not kept.\n")
        return
    sys.stderr.write(f"The API key of the workspace {asked.workspace!r}, shown this once:\n")
    sys.stdout.write(f"{key}\n")


if __name__ == "__main__":
    main()
