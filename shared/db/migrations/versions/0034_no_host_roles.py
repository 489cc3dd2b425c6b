"""Joined hosts hold no login of the database any more."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0034_no_host_roles.sql")
