"""Personas with a voice, accounts' credentials and health, and sign-ins at platforms that have begun."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0010_accounts.sql")
