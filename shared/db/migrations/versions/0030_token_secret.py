"""What access tokens are signed with takes a secret that the gateway's role alone can read."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0030_token_secret.sql")
