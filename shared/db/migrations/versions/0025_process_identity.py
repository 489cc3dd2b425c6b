"""An attempt's process and browser are told by what no clock moves."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0025_process_identity.sql")
