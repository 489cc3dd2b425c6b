"""The foundation: tables, guards, roles and row-level security."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Make everything, in one transaction."""
    for name in ("0001_tables.sql", "0001_guards.sql", "0001_roles.sql"):
        # Through the driver itself: SQLAlchemy would take the % of format() for a parameter.
        op.get_bind().connection.cursor().execute((SQL / name).read_text())
