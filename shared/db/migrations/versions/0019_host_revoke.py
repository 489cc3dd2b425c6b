"""A host that is shut out takes the worker of its Safari with it."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0019_host_revoke.sql")
