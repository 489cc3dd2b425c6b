"""Films: how many are being made for an account, and who keeps their files."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0015_films.sql")
