"""How do the servers get the contents that the product needs: database, schema, local owner?

Run by `founding.py` as `python -m cli.local.foundation`. Reads the addresses of the home's own servers as JSON from
stdin and writes one JSON object a line: a part that is ready, or an error of ours as the last one.
"""

from __future__ import annotations

import json
import sys

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cli.local.address import gateway_url, plain
from cli.local.backup import back_up_before
from cli.local.secret import read_json, write_json
from cli.local.servers import postgres, redis
from connectors.registry import MANIFESTS
from shared.db.migrate import migrate
from shared.db.schema import schema_state
from shared.errors import CallsheetError, NotConfigured
from shared.identity.bootstrap import bootstrap_local
from shared.identity.local_owner import EMAIL, ensure_local_owner
from shared.settings import Settings, load_settings


def lay(settings: Settings, own: dict[str, str]) -> None:
    """Wait for the servers, migrate and make the local owner; `own` holds the addresses of the home's servers.

    Raises:
        NotConfigured: a server that is set does not answer, or the owner's key is lost.
        Conflict: the schema is newer than this version.
        Transient: a server of the home did not get ready.
    """
    if "admin_url" in own:
        postgres.make_database(own["admin_url"])
    elif not postgres.answers(plain(settings.database_url)):
        raise NotConfigured(
            setting="CALLSHEET_DATABASE_URL", message="The PostgreSQL of CALLSHEET_DATABASE_URL does not answer."
        )
    _tell("postgres", "in the home" if "admin_url" in own else "yours")
    if "redis_url" in own:
        redis.make_ready(own["redis_url"])
    elif not redis.answers(settings.redis_url):
        raise NotConfigured(setting="CALLSHEET_REDIS_URL", message="The Redis of CALLSHEET_REDIS_URL does not answer.")
    _tell("redis", "in the home" if "redis_url" in own else "yours")
    settings = settings.model_copy(update={name: url for name, url in own.items() if name != "admin_url"})
    _keep_before_change(settings)
    _tell("schema", f"is {migrate(settings).current}")
    _make_owner(settings)


def _keep_before_change(settings: Settings) -> None:
    """Back an older schema up before it is changed."""
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.connect() as connection:
        state = schema_state(connection)
    if state.current is not None and state.known and not state.is_current:
        _tell("backup", str(back_up_before(settings, state.current)))


def _make_owner(settings: Settings) -> None:
    """Make the local owner, and store the key with which the command line signs in."""
    path = settings.home / "credentials.json"
    kept = read_json(path)
    practised = [name for name, manifest in MANIFESTS.items() if any(c.transport != "api" for c in manifest.capabilities)]
    local = bootstrap_local(settings, sorted(practised))
    api_key = local.api_key or kept.get("api_key")
    if not api_key:
        raise NotConfigured(
            setting="CALLSHEET_HOME",
            message=f"{path} is missing, and its API key is kept nowhere else. Put the file back, "
            "or move the home away to start empty.",
        )
    is_kept = kept.get("email") == EMAIL and bool(kept.get("password"))
    password = ensure_local_owner(settings, local.workspace_id, is_password_kept=is_kept)
    way_in = {"url": gateway_url(settings), "api_key": api_key, "email": EMAIL}
    write_json(path, kept | way_in | ({"password": password} if password else {}))


def _tell(part: str, what: str) -> None:
    _say({"part": part, "what": what})


def _say(line: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Do what this module's docstring says."""
    own: dict[str, str] = json.loads(sys.stdin.read() or "null") or {}
    try:
        lay(load_settings(), own)
    except CallsheetError as error:
        setting = {"setting": error.setting} if isinstance(error, NotConfigured) else {}
        _say({"error": type(error).__name__, "code": error.code, "message": error.message} | setting)
        sys.exit(1)


if __name__ == "__main__":
    main()
