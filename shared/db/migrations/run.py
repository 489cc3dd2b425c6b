"""How does a revision run its SQL? From files beside it, each in the revision's own transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"


def run_sql(*names: str) -> None:
    """Run these files of `sql/` in order."""
    for name in names:
        # Through the driver itself: SQLAlchemy would read the % of format() as a parameter.
        op.get_bind().connection.cursor().execute((SQL / name).read_text())
