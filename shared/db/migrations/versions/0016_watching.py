"""Looks on the timetable, pages that drift, and how long proofs, evidence and interactions are kept."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0016_looks.sql")
    run_sql("0016_pages.sql")
    run_sql("0016_keeping.sql")
