"""callsheet migrate: bring a database to this version's schema."""

from __future__ import annotations

import typer
from sqlalchemy.exc import OperationalError

from cli.local.address import with_servers
from cli.screen import AsJson, show_json, talk
from shared.db import migrate as schema
from shared.errors import Transient


def migrate(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Bring the database to this version's schema, and give its roles their passwords. Safe to repeat."""
    try:
        after = schema.migrate(with_servers(context.obj))
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise Transient(
            message=f"PostgreSQL does not answer: {reason} Start it, or check CALLSHEET_DATABASE_URL."
        ) from error
    if as_json:
        show_json({"current": after.current, "head": after.head})
    talk.print(f"The schema is {after.current}.")
