"""What does a local home need before its first task? A workspace, a host, practice accounts and a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from shared.identity.api_keys import make_key
from shared.identity.caller import SCOPES
from shared.identity.store import workspaces
from shared.settings import Settings

WORKSPACE = "local"
PERSONA = "demo"
HANDLE = "demo"
KEY_NAME = "local owner"


@dataclass(frozen=True, slots=True)
class LocalOwner:
    """The workspace of this home; `api_key` is its key's text when it was made just now, else None."""

    workspace_id: UUID
    api_key: str | None = field(repr=False)


def bootstrap_local(settings: Settings, practice_platforms: Sequence[str]) -> LocalOwner:
    """Make what is missing, as the database's owner; safe to repeat.

    Each practice platform gets an account `demo` on the sandbox, whose address follows the port setting.
    """
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        workspaces.set_up_alone(connection)
        workspace = workspaces.ensure_workspace(connection, WORKSPACE)
        _ensure_accounts(connection, settings, workspace, practice_platforms)
        return LocalOwner(workspace, _ensure_key(connection, workspace))


def _ensure_accounts(connection: Connection, settings: Settings, workspace: UUID, platforms: Sequence[str]) -> None:
    persona = workspaces.ensure_persona(connection, workspace, PERSONA)
    host = workspaces.ensure_host(connection, workspace, settings.host_name)
    for platform in platforms:
        account = {
            "workspace_id": workspace,
            "persona_id": persona,
            "host_id": host,
            "platform": platform,
            "handle": HANDLE,
            "transport": "chromium",
            "origin": f"http://127.0.0.1:{settings.sandbox_port}/{platform}",
            "practice": True,
        }
        workspaces.ensure_account(connection, account)


def _ensure_key(connection: Connection, workspace: UUID) -> str | None:
    if workspaces.has_key(connection, workspace, KEY_NAME):
        return None
    key = make_key()
    workspaces.add_key(connection, workspace, KEY_NAME, prefix=key.prefix, hashed=key.hash, scopes=SCOPES)
    return key.text
