"""The key of an outward step stands in its intent, and which attempts made its call again under it."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0041_effect_key.sql")
