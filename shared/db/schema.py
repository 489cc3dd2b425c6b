"""Which schema does a database have, and which one does this version need?

Every process checks it at its start, so it does without Alembic, which would take 10 MB in each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from shared.errors import Conflict
from shared.settings import Role, Settings

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """The database's schema and the one that this version needs; `current` is None before the first migration."""

    current: str | None
    head: str
    known: bool

    @property
    def is_current(self) -> bool:
        """Return whether the two are the same."""
        return self.current == self.head


@cache
def revisions() -> tuple[str, ...]:
    """Return the schemas that this version knows, oldest first: the numbers that begin the migrations' file names."""
    return tuple(sorted(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py")))


def head() -> str:
    """Return the schema that this version needs."""
    return revisions()[-1]


def is_known(revision: str) -> bool:
    """Return whether this version knows a schema of that revision, and so can migrate it."""
    return revision in revisions()


def schema_state(connection: Connection) -> SchemaState:
    """Compare the database's schema with this version's."""
    current: str | None = None
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is not None:
        current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return SchemaState(current=current, head=head(), known=current is None or is_known(current))


def require_current(settings: Settings, role: Role) -> None:
    """Refuse to work on a schema of another version.

    Raises:
        Conflict: the schema is older or newer; the message says what to do.
    """
    engine = create_engine(settings.database_url_for(role), poolclass=NullPool)
    with engine.connect() as connection:
        state = schema_state(connection)
    if not state.is_current:
        mend = "run `callsheet migrate`" if state.known else "start the newer Callsheet everywhere"
        message = f"The database has schema {state.current}, this version wants {state.head}: {mend}."
        raise Conflict(code="other_schema", message=message)
