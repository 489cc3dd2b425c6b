"""Plans that go by index, whatever the statistics."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0007_scale.sql")
