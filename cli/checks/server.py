"""Do PostgreSQL and Redis answer, is the schema this version's, and do the clocks agree?"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from cli.checks.continuity import check_continuity
from cli.checks.finding import Finding
from cli.local.servers import redis
from shared.db.schema import schema_state
from shared.settings import Settings

CLOCK_S = 1.0
START = "Start it with `callsheet up`"


def check_database(settings: Settings) -> list[Finding]:
    """Check PostgreSQL, its schema and its clock, and whether it has lost anything."""
    own = bool(settings.database_url)
    if not own:
        return [Finding("postgresql", "wrong", "never started, and CALLSHEET_DATABASE_URL is empty", f"{START}.")]
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            schema = _schema(connection)
            continuity = check_continuity(connection) if schema.state == "ok" else []
            return [_version(connection), schema, _clock(connection), *continuity]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return [Finding("postgresql", "wrong", reason, f"{START}, or check CALLSHEET_DATABASE_URL.")]


def check_redis(settings: Settings) -> Finding:
    """Check that Redis answers."""
    if not settings.redis_url:
        return Finding("redis", "wrong", "never started, and CALLSHEET_REDIS_URL is empty", f"{START}.")
    if redis.answers(settings.redis_url):
        return Finding("redis", "ok", f"answers at {settings.redis_url.rpartition('@')[2]}")
    return Finding("redis", "wrong", "does not answer", f"{START}, or check CALLSHEET_REDIS_URL.")


def _version(connection: Connection) -> Finding:
    version = connection.execute(text("SHOW server_version")).scalar_one()
    return Finding("postgresql", "ok", f"PostgreSQL {version}")


def _schema(connection: Connection) -> Finding:
    state = schema_state(connection)
    if state.is_current:
        return Finding("migrations", "ok", f"{state.current} is the newest")
    if not state.known:
        return Finding(
            "migrations", "wrong", f"schema {state.current} is newer than this version", "Start the newer Callsheet."
        )
    return Finding("migrations", "wrong", f"schema {state.current}, wanted {state.head}", "Run `callsheet migrate`.")


def _clock(connection: Connection) -> Finding:
    before = datetime.now(UTC)
    theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = datetime.now(UTC)
    # Their clock was read at some time in between; only what lies outside of that span is a real difference.
    off = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    if off < CLOCK_S:
        return Finding("clock", "ok", f"{off * 1000:.0f} ms off PostgreSQL's")
    return Finding("clock", "wrong", f"{off:.1f} s off PostgreSQL's", "Set this machine's clock by NTP.")
