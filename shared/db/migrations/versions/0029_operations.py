"""The dispatcher says when a round of it has succeeded last; who asked for sleep is their own workspace's; a restored home goes on."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0029_operations.sql")
