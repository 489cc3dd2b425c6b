"""Hosts that join with credentials of their own."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0012_hosts.sql", "0012_host_rows.sql")
