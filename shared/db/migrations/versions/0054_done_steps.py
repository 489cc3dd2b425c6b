"""What has done something outside says so however it ends, and may be completed by what its ledger says."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0054_done_steps.sql")
