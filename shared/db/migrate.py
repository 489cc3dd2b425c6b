"""How does a database come to the schema of this version?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from shared.errors import Conflict
from shared.settings import ROLE_NAMES, Role, Settings

OLDEST_SERVER = 17  # the first PostgreSQL with transaction_timeout
_LOCK = 0x63616C6C  # one migration at a time, whoever starts it


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Which schema a database has and which one this version wants; `current` is None before the first migration."""

    current: str | None
    head: str
    known: bool

    @property
    def is_current(self) -> bool:
        """Whether the two are the same."""
        return self.current == self.head


def migrate(settings: Settings) -> SchemaState:
    """Bring the database to this version's schema and give the roles their passwords. Safe to repeat.

    Raises:
        Conflict: the schema is newer than this version, or the server is too old.
    """
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        _refuse_old_server(connection)
        before = schema_state(connection)
        if not before.known:
            raise Conflict(
                code="newer_schema",
                message=f"The database has schema {before.current}, newer than this version's {before.head}:"
                " start the newer Callsheet, or restore an older backup.",
            )
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        _set_passwords(connection, settings)
        connection.commit()
        return schema_state(connection)


def require_current(settings: Settings, role: Role) -> None:
    """Refuse to work on a schema of another version.

    Raises:
        Conflict: the schema is older or newer; the message names the mend.
    """
    engine = create_engine(settings.database_url_for(role), poolclass=NullPool)
    with engine.connect() as connection:
        state = schema_state(connection)
    if not state.is_current:
        mend = "run `callsheet migrate`" if state.known else "start the newer Callsheet everywhere"
        message = f"The database has schema {state.current}, this version wants {state.head}: {mend}."
        raise Conflict(code="other_schema", message=message)


def schema_state(connection: Connection) -> SchemaState:
    """Compare the database's schema with this version's."""
    scripts = ScriptDirectory.from_config(_config())
    head = scripts.get_current_head() or ""
    current = MigrationContext.configure(connection).get_current_revision()
    known = current is None or current in {script.revision for script in scripts.walk_revisions()}
    return SchemaState(current=current, head=head, known=known)


@cache
def head() -> str:
    """The schema that this version wants."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _refuse_old_server(connection: Connection) -> None:
    version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    if version < OLDEST_SERVER:
        raise Conflict(code="old_server", message=f"PostgreSQL {version} is too old: {OLDEST_SERVER} or newer is needed.")


def _set_passwords(connection: Connection, settings: Settings) -> None:
    roles: tuple[Role, ...] = ("gateway", "worker", "dispatcher")
    for role in roles:
        if getattr(settings, f"{role}_database_url"):
            continue  # whoever gave the role an address of its own gave it a password too
        name = ROLE_NAMES[role]
        statement = text("SELECT format('ALTER ROLE %I PASSWORD %L', CAST(:name AS text), CAST(:password AS text))")
        password = settings.keyring().derive(f"postgresql:{name}")
        connection.exec_driver_sql(connection.execute(statement, {"name": name, "password": password}).scalar_one())


def _config() -> Config:
    return Config(Path(__file__).parent.parent.parent / "alembic.ini")
