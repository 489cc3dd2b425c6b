"""A task may wait for some of several others, and for a time from another's end on."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0044_some_of_several.sql")
