"""What a round of the dispatcher costs is bounded by what is due."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0026_bounds.sql")
