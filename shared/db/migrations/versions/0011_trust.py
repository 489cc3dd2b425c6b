"""The audit log; consent of people: do-not-contact by domain, approval by rules; uploads."""

from __future__ import annotations

from shared.db.migrations.run import run_sql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything, in one transaction."""
    run_sql("0011_contacts.sql", "0011_approvals.sql", "0011_media.sql", "0011_audit.sql")
