"""Workers say why they rest, and until when."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0017_rests.sql")
