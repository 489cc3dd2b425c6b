"""How is a database brought to the schema of this version?"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from shared.db.migrations.run import SQL
from shared.db.schema import SchemaState, schema_state
from shared.errors import Conflict, Transient
from shared.settings import ROLE_NAMES, Role, Settings

OLDEST_SERVER = 17  # the first PostgreSQL with transaction_timeout
LOCK_S = 5.0  # how long a change of the schema waits for a table, in seconds
# Roles that nobody signs in as: the owner of the functions that run as their owner, and two that only older dumps name.
NAMED = ("callsheet_definer", "callsheet_host", "callsheet_admitter")
_LOCK = 0x63616C6C  # one migration at a time, whoever starts it


def migrate(settings: Settings) -> SchemaState:
    """Bring the database to this version's schema and give the roles their passwords. Safe to repeat.

    Raises:
        Conflict: the schema is newer than this version, or the server is too old.
        Transient: a table was in use for 5 s; what was not changed is as it was.
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
        _upgrade(connection, config)
        restrict(connection)
        _set_passwords(connection, settings)
        connection.commit()
        return schema_state(connection)


def make_roles(connection: Connection) -> None:
    """Make the roles that a database's grants name, where the cluster lacks them; `migrate` gives them passwords."""
    for role, name in ROLE_NAMES.items():
        if role == "owner" or _is_role(connection, name):
            continue
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
    for name in NAMED:
        if not _is_role(connection, name):
            connection.exec_driver_sql(f"CREATE ROLE {name} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")


def _is_role(connection: Connection, name: str) -> bool:
    known = connection.execute(text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :name)"), {"name": name})
    return bool(known.scalar_one())


def restrict(connection: Connection) -> None:
    """Take from PUBLIC the rights to create and call, and give functions that run as their owner to roles without power.

    Rights on a database are not copied with it, and a dump names no owners: this follows every migration and restore.
    """
    cursor = connection.connection.cursor()  # the driver itself: SQLAlchemy would read the % of format() as a parameter
    cursor.execute((SQL / "always.sql").read_text())


def _upgrade(connection: Connection, config: Config) -> None:
    """Change the schema, but wait for no table longer than `LOCK_S`: others would queue behind the waiting change."""
    connection.execute(text(f"SET lock_timeout = '{LOCK_S:g}s'"))
    connection.commit()
    try:
        command.upgrade(config, "head")
        connection.commit()
    except LockNotAvailable as error:  # as the driver expects: revisions run their SQL through it
        message = f"Somebody else used a table for {LOCK_S:g} s, and the change to the schema was given up. Run it again."
        raise Transient(code="tables_in_use", message=message) from error


def _refuse_old_server(connection: Connection) -> None:
    version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    if version < OLDEST_SERVER:
        raise Conflict(code="old_server", message=f"PostgreSQL {version} is too old: {OLDEST_SERVER} or newer is needed.")


def _set_passwords(connection: Connection, settings: Settings) -> None:
    roles: tuple[Role, ...] = ("gateway", "worker", "dispatcher")
    for role in roles:
        if getattr(settings, f"{role}_database_url"):
            continue  # a role that was given an address of its own was given a password too
        statement = text("SELECT format('ALTER ROLE %I PASSWORD %L', CAST(:name AS text), CAST(:password AS text))")
        values = {"name": ROLE_NAMES[role], "password": settings.password_of(role)}
        connection.exec_driver_sql(connection.execute(statement, values).scalar_one())


def _config() -> Config:
    return Config(Path(__file__).parent.parent.parent / "alembic.ini")
