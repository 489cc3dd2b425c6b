"""A running task may make children, and waits for them by a counter."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0048_children.sql")
