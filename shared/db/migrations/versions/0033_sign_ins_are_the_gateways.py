"""Workers remove old sign-ins by a function, and can neither read, remove nor hold those that are good."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0033_sign_ins_are_the_gateways.sql")
