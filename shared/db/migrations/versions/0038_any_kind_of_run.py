"""A new kind of run needs no change of the schema."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0038_any_kind_of_run.sql")
