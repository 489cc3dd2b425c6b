"""Who may have asked to be left alone is, until a person decides."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0039_doubtful_opt_outs.sql")
