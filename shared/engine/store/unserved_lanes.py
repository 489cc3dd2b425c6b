"""Which lanes have waiting tasks and no worker, and was that reported?"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.events import APPEND
from shared.db.models.task import STREAM

_SERVED = "EXISTS (SELECT FROM workers w WHERE {lane} = ANY (w.lanes) AND w.seen_until > clock_timestamp())"

# One step in the index for each lane, however many tasks wait on it, and parked ones not at all.
_NAMES = f"""
    names AS (
        (SELECT lane FROM tasks WHERE status = 'pending' AND wake_key IS NULL ORDER BY lane LIMIT 1)
        UNION ALL
        SELECT (SELECT t.lane FROM tasks t WHERE t.status = 'pending' AND t.wake_key IS NULL AND t.lane > n.lane
                ORDER BY t.lane LIMIT 1)
        FROM names n WHERE n.lane IS NOT NULL
    ),
    unserved AS (SELECT lane FROM names n WHERE n.lane IS NOT NULL AND NOT {_SERVED.format(lane="n.lane")})
"""

# Whether a lane has tasks that wait and no worker, or had none when it was last looked at.
ANY = f"(EXISTS (WITH RECURSIVE {_NAMES} SELECT FROM unserved) OR EXISTS (SELECT FROM unserved_lanes))"

# The workspaces whose tasks wait there: one step for each line. Parked tasks wait for something else (and to look for one
# among 200,000 parked ones took 140 ms in each round).
_REPORT = text(
    f"""
    WITH RECURSIVE {_NAMES},
    line AS (
        SELECT t.* FROM unserved u CROSS JOIN LATERAL (
            SELECT lane, {STREAM} AS stream, workspace_id FROM tasks
            WHERE status = 'pending' AND wake_key IS NULL AND lane = u.lane ORDER BY lane, {STREAM} LIMIT 1) t
        UNION ALL
        SELECT t.* FROM line l CROSS JOIN LATERAL (
            SELECT lane, {STREAM} AS stream, workspace_id FROM tasks
            WHERE status = 'pending' AND wake_key IS NULL AND lane = l.lane AND {STREAM} > l.stream
            ORDER BY lane, {STREAM} LIMIT 1) t
    ),
    waiting AS MATERIALIZED (SELECT DISTINCT workspace_id, lane FROM line),
    noted AS (
        INSERT INTO unserved_lanes (workspace_id, lane) SELECT workspace_id, lane FROM waiting ON CONFLICT DO NOTHING
    ),
    said AS (
        UPDATE unserved_lanes l SET said_at = clock_timestamp() FROM waiting
        WHERE l.workspace_id = waiting.workspace_id AND l.lane = waiting.lane AND l.said_at IS NULL
          AND l.since < clock_timestamp() - make_interval(secs => :age)
        RETURNING l.workspace_id, l.lane, l.since
    ),
    entries AS (
        SELECT workspace_id, CAST(NULL AS uuid) AS task_id, 'lane.unserved' AS type,
               jsonb_build_object('lane', lane, 'since', since, 'reason', 'no worker for ' || lane) AS data
        FROM said
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)

_BACK = text(
    f"""
    WITH back AS (
        DELETE FROM unserved_lanes l WHERE {_SERVED.format(lane="l.lane")} RETURNING workspace_id, lane, said_at
    ),
    entries AS (
        SELECT workspace_id, CAST(NULL AS uuid) AS task_id, 'lane.served' AS type, jsonb_build_object('lane', lane) AS data
        FROM back WHERE said_at IS NOT NULL
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)


async def report(connection: AsyncConnection, age_s: float) -> int:
    """Append an event for each lane that has waited `age_s` seconds for a worker, once; return how many.

    The last statement of its transaction.
    """
    return int((await connection.execute(_REPORT, {"age": age_s})).scalar_one())


async def report_back(connection: AsyncConnection) -> int:
    """Append an event for each lane that was reported and has a worker again; return how many.

    The last statement of its transaction.
    """
    return int((await connection.execute(_BACK)).scalar_one())
