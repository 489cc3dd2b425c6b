"""A person may say that a host is gone for good."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0024_gone_hosts.sql")
