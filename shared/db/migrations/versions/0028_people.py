"""An address belongs to whoever proved it; a key says who made it and what it writes; two pairs of eyes for what AI wrote."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0028_people.sql", "0028_authors.sql")
