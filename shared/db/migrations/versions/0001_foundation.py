"""The foundation: tables, guards, roles and row-level security."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0001_tables.sql", "0001_guards.sql", "0001_roles.sql")
