"""Joined hosts come through one door: their credentials, the number of their connection, where an attempt acts."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0031_door.sql")
