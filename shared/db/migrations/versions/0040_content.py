"""What an outward step says besides its text stands in the ledger."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0040_content.sql")
