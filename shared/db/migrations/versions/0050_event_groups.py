"""What happens to many tasks at once may be one event row."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0050_event_groups.sql")
