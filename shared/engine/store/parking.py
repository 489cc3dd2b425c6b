"""How is a task parked on the one fact it waits for, and woken once that fact has changed? In bounded portions.

Most facts wake: whoever changes one wakes the tasks parked on it, the first in the same transaction, the others through
`wake_backlog`. The leader checks facts whose improvement nobody can report (credits, films being made, open effects),
once each and not once for each task. The sweep finds what was missed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text, Uuid

from shared.db.events import as_json
from shared.db.models.task import APPROVED, LOOKED_AT
from shared.engine.rules.dependencies import Dependency, waits_for, why_in_vain
from shared.engine.store.dependencies import DEAD_ENTRY, DECIDED, NewDependency
from shared.engine.store.type_names import listed
from shared.ids import SYSTEM_WORKSPACE
from shared.platform_rules import declared
from shared.task_types.registry import TASK_TYPES

# How many of a fact's tasks are woken in the transaction that changes it, or in one look at it: each is a row that is
# written anew with all its indexes (measured: 200,000 took longer than a transaction may, and the fact could never change).
AT_ONCE = 200
# How long a transaction may have been open whose change a task did not see when it was parked (seconds).
IN_FLIGHT_S = 2

Place = tuple[str, int, str, UUID]
BEGINNING: Place = ("", 0, "-infinity", UUID(int=0))

# Which entry of its dependencies a task waits for, by its wake key.
ENTRY_OF = "CAST(split_part({key}, ':', 4) AS smallint)"
_SOME = "task:some:"
_CHILDREN = "task:children:"
# Whether all children are over for which a task `t` waits.
_ALL_OVER = """NOT EXISTS (
    SELECT FROM child_counts n WHERE n.task_id = t.id AND n.step = t.awaits AND n.left_open > 0)"""
# Which task has ended, by the key that says so.
_ENDED = "CASE WHEN {key} ~ '^task:[0-9a-f]{{8}}-' THEN CAST(split_part({key}, ':', 2) AS uuid) END"

# Parking locks the fact: FOR SHARE on it, then a fresh look at it, then the parking.
_HOLD_FACTS = text(
    """
    SELECT id FROM tasks WHERE id = ANY (CAST(:ids AS uuid[]) || ARRAY(
        SELECT DISTINCT depends_on_id FROM task_dependencies WHERE task_id = ANY (:some) AND entry > 0))
    ORDER BY id FOR SHARE
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("some", type_=ARRAY(Uuid)))
_HOLD_SCOPES = text("SELECT key FROM scopes WHERE key = ANY (:keys) ORDER BY workspace_id, key, gate FOR SHARE").bindparams(
    bindparam("keys", type_=ARRAY(Text))
)
# A consent that was given since the gates were asked may be the one.
_PARK = text(
    f"""
    UPDATE tasks t SET wake_key = p.wake_key, parked_at = clock_timestamp()
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS p(id uuid, wake_key text, fact uuid)
    WHERE t.id = p.id AND CASE
        WHEN p.fact IS NOT NULL THEN EXISTS (
            SELECT FROM tasks f WHERE f.id = p.fact AND f.status NOT IN ('completed', 'failed', 'cancelled'))
        WHEN starts_with(p.wake_key, 'task:some:') THEN
            NOT {DECIDED.format(task="t.id", entry=ENTRY_OF.format(key="p.wake_key"))}
        WHEN starts_with(p.wake_key, '{_CHILDREN}') THEN NOT {_ALL_OVER}
        WHEN starts_with(p.wake_key, 'capability:') THEN EXISTS (SELECT FROM scopes s WHERE s.key = p.wake_key)
        WHEN starts_with(p.wake_key, 'consent:') THEN NOT EXISTS (
            SELECT FROM consents c WHERE c.account_id = t.account_id
              AND c.accepted_at > clock_timestamp() - make_interval(secs => :margin))
        ELSE true END
    """
)

# What new tasks wait for, locked until they are stored; what is just being changed is not waited for.
_HOLD_NEEDED = text("SELECT id, status FROM tasks WHERE id = ANY (:ids) ORDER BY id FOR SHARE SKIP LOCKED").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)

_IN_LINE = "wake_key, rank, due_at, id"
# A task that waits for an entry is asked again when any task of it ends, whichever of its dependencies it is parked on.
_WAKE = text(
    f"""
    UPDATE tasks SET wake_key = NULL, parked_at = NULL
    WHERE (wake_key = ANY (:keys) OR starts_with(wake_key, 'task:')) AND id = ANY (
        ARRAY(SELECT id FROM tasks WHERE wake_key = ANY (:keys) ORDER BY {_IN_LINE} LIMIT :most)
        || ARRAY(SELECT d.task_id FROM task_dependencies d JOIN tasks t ON t.id = d.task_id
                 WHERE d.depends_on_id = ANY (:ended) AND d.entry > 0 AND starts_with(t.wake_key, 'task:') LIMIT :most))
    """
).bindparams(bindparam("keys", type_=ARRAY(Text)), bindparam("ended", type_=ARRAY(Uuid)))
_SOMEBODY_WAITS = text("SELECT EXISTS (SELECT FROM tasks WHERE starts_with(wake_key, 'task:'))")
_LEAVE_THE_REST = text(
    f"""
    INSERT INTO wake_backlog (workspace_id, key)
    SELECT t.workspace_id, k.key FROM unnest(:keys) AS k(key)
    CROSS JOIN LATERAL (
        (SELECT workspace_id FROM tasks WHERE wake_key = k.key LIMIT 1)
        UNION ALL
        (SELECT workspace_id FROM task_dependencies WHERE depends_on_id = {_ENDED.format(key="k.key")} AND entry > 0 LIMIT 1)
        LIMIT 1) t
    """
).bindparams(bindparam("keys", type_=ARRAY(Text)))

# Whether the fact that a task `t` waits for has changed, or its gates say something else for a reason of its own. In a day
# it is asked whatever the fact: rules come with new versions. Each look is by key: a generic plan would else make a table of
# all dependencies for 500 rows, not knowing how few those are (OFFSET 0 forbids it; measured: 96 ms instead of 6).
_CHANGED = f"""(t.expires_at <= clock_timestamp() OR CASE split_part(t.wake_key, ':', 1)
    WHEN 'task' THEN CASE
            WHEN starts_with(t.wake_key, 'task:some:')
            THEN {DECIDED.format(task="t.id", entry=ENTRY_OF.format(key="t.wake_key"))}
            WHEN starts_with(t.wake_key, '{_CHILDREN}') THEN {_ALL_OVER}
            ELSE coalesce((
                SELECT f.status FROM tasks f WHERE f.id = CAST(split_part(t.wake_key, ':', 2) AS uuid)
            ), 'completed') IN ('completed', 'failed', 'cancelled') END
        OR EXISTS (
            SELECT FROM task_dependencies d
            WHERE d.task_id = t.id AND d.entry = 0 AND d.until = 'completed' AND 'task:' || d.depends_on_id <> t.wake_key
              AND (SELECT f.status FROM tasks f WHERE f.id = d.depends_on_id) IN ('failed', 'cancelled') OFFSET 0)
        OR {DEAD_ENTRY}
    WHEN 'approval' THEN NOT t.approval_required OR {APPROVED}
    WHEN 'capability' THEN NOT EXISTS (
        SELECT FROM scopes s WHERE s.workspace_id IN (t.workspace_id, '{SYSTEM_WORKSPACE}') AND s.key = t.wake_key
          AND s.gate = 'connection' AND (s.opens_at IS NULL OR s.opens_at > clock_timestamp()) OFFSET 0)
    WHEN 'consent' THEN t.parked_at < clock_timestamp() - interval '1 day' OR EXISTS (
        SELECT FROM consents c WHERE c.account_id = t.account_id
          AND c.accepted_at > t.parked_at - make_interval(secs => {IN_FLIGHT_S}) OFFSET 0)
    WHEN 'credits' THEN false WHEN 'making' THEN false WHEN 'effect' THEN false
    ELSE true END)"""

# Locked tasks are left for the next time: nothing waits for them here.
_WAKEN = """
    held AS MATERIALIZED (
        SELECT t.id FROM tasks t WHERE t.id = ANY (ARRAY(SELECT id FROM found)) AND t.wake_key IS NOT NULL
        ORDER BY t.id FOR NO KEY UPDATE SKIP LOCKED
    ),
    woken AS (UPDATE tasks t SET wake_key = NULL, parked_at = NULL FROM held WHERE t.id = held.id RETURNING t.id)"""

# A note is removed once no task is left to be woken for it. One that is written meanwhile has a number of its own and stays.
_WAKE_BACKLOG = text(
    f"""
    WITH note AS MATERIALIZED (SELECT id, key FROM wake_backlog ORDER BY id LIMIT 50),
    found AS MATERIALIZED (
        SELECT c.id FROM (SELECT DISTINCT key FROM note) n CROSS JOIN LATERAL (
            (SELECT t.id FROM tasks t WHERE t.wake_key = n.key AND (starts_with(n.key, 'credits:') OR {_CHANGED})
             ORDER BY t.wake_key, t.rank, t.due_at, t.id LIMIT :most)
            UNION
            (SELECT t.id FROM task_dependencies d JOIN tasks t ON t.id = d.task_id
             WHERE d.depends_on_id = {_ENDED.format(key="n.key")} AND d.entry > 0
               AND starts_with(t.wake_key, 'task:') AND {_CHANGED} LIMIT :most)) c
        LIMIT :most
    ),{_WAKEN},
    done AS (
        DELETE FROM wake_backlog b USING note WHERE b.id = note.id AND (starts_with(note.key, 'credits:') OR (
            (SELECT count(*) FROM found) < :most AND (SELECT count(*) FROM held) = (SELECT count(*) FROM found)))
    )
    SELECT count(*) FROM woken
    """
)

# One walk along all parked tasks, from where the last portion ended.
_SWEEP = text(
    f"""
    WITH asked AS MATERIALIZED (
        SELECT t.wake_key, t.rank, t.due_at, t.id, {_CHANGED} AS changed FROM tasks t
        WHERE t.wake_key IS NOT NULL
          AND (t.wake_key, t.rank, t.due_at, t.id) > (:key, :rank, CAST(:due_at AS timestamptz), :id)
        ORDER BY t.wake_key, t.rank, t.due_at, t.id LIMIT :limit
    ),
    found AS MATERIALIZED (SELECT id FROM asked WHERE changed),{_WAKEN}
    SELECT wake_key, rank, CAST(due_at AS text) AS due_at, id,
           (SELECT count(*) FROM woken) AS woken, (SELECT count(*) FROM asked) AS asked
    FROM asked ORDER BY asked.wake_key DESC, asked.rank DESC, asked.due_at DESC, asked.id DESC LIMIT 1
    """
).bindparams(bindparam("id", type_=Uuid))

# How many orders an account's platform is making for it; to be formatted with the account.
_TAKES_PLACE = listed(lambda spec: spec.takes_place)
MAKING = f"""(SELECT count(*) FROM tasks f WHERE f.account_id = {{account}}
                         AND f.type IN ({listed(lambda spec: spec.holds_place)})
                         AND f.status NOT IN ('completed', 'failed', 'cancelled'))
                      + (SELECT count(*) FROM effects e WHERE e.account_id = {{account}} AND e.action IN ({_TAKES_PLACE})
                         AND e.outcome IN ('intended', 'unknown'))"""

# How many of a line are awake, up to a bound: tasks that are on their way already need no waking.
_AWAKE = """(SELECT count(*) FROM (
    SELECT FROM tasks v WHERE v.status = 'pending' AND v.wake_key IS NULL AND v.lane = h.lane
      AND coalesce(v.account_id, v.workspace_id) = h.account_id AND v.type = h.type LIMIT {most}) w)"""
# Credits: the first in line is asked again once something has changed since it was asked, with those behind it. While it
# waits on none overtakes it, and none is asked in vain. Once in a while it is asked whatever has changed.
_MOVED = f"""CASE WHEN h.parked_at < clock_timestamp() - make_interval(secs => :longest)
    OR h.parked_at - make_interval(secs => :margin) < (
        SELECT o.created_at FROM credit_observations o WHERE o.account_id = h.account_id ORDER BY o.id DESC LIMIT 1)
    OR EXISTS (SELECT FROM credit_reservations r WHERE r.account_id = h.account_id AND r.state = 'released'
               AND r.settled_at > h.parked_at - make_interval(secs => :margin))
    THEN :most - {_AWAKE.format(most=":most")} ELSE 0 END"""
# Orders: as many as there are slots, less those that are on their way to take one.
_PLACES = f"""greatest(0, coalesce(CAST(CAST(:at_once AS jsonb) ->> (h.platform || ' ' || h.type) AS integer), :most)
    - {MAKING.format(account="h.account_id")}
    - (SELECT count(*) FROM tasks v WHERE v.account_id = h.account_id AND v.status IN ('queued', 'running')
       AND v.type IN ({_TAKES_PLACE})) - {_AWAKE.format(most=":most")})"""
_SETTLED = """NOT EXISTS (SELECT FROM effects e WHERE e.id = CAST(split_part(k.wake_key, ':', 2) AS uuid)
    AND e.outcome IN ('intended', 'unknown'))"""

_WAKE_LOOKED_AT = text(
    f"""
    WITH RECURSIVE fact AS (
        (SELECT wake_key FROM tasks WHERE {LOOKED_AT} AND wake_key > :after ORDER BY wake_key LIMIT 1)
        UNION ALL
        SELECT n.wake_key FROM fact CROSS JOIN LATERAL (
            SELECT wake_key FROM tasks WHERE {LOOKED_AT} AND wake_key > fact.wake_key ORDER BY wake_key LIMIT 1) n
    ),
    known AS MATERIALIZED (SELECT wake_key FROM fact LIMIT :facts),
    room AS MATERIALIZED (
        SELECT k.wake_key, CASE split_part(k.wake_key, ':', 1)
            WHEN 'credits' THEN {_MOVED}
            WHEN 'making' THEN {_PLACES}
            ELSE CASE WHEN {_SETTLED} THEN :most ELSE 0 END END AS n
        FROM known k CROSS JOIN LATERAL (
            SELECT account_id, platform, lane, type, parked_at FROM tasks WHERE wake_key = k.wake_key
            ORDER BY {_IN_LINE} LIMIT 1) h
    ),
    found AS MATERIALIZED (
        SELECT c.id FROM room CROSS JOIN LATERAL (
            SELECT id FROM tasks WHERE wake_key = room.wake_key ORDER BY {_IN_LINE} LIMIT room.n) c
        WHERE room.n > 0 LIMIT :most
    ),{_WAKEN}
    SELECT (SELECT count(*) FROM woken) AS woken,
           (SELECT max(wake_key) FROM known HAVING count(*) = :facts) AS last
    """
)


async def park(connection: AsyncConnection, wake_keys: Mapping[UUID, str]) -> int:
    """Park tasks on the one fact each waits for, unless that fact has changed in the meantime; return how many."""
    facts = {task: ended for task, key in wake_keys.items() if (ended := _task_in(key)) is not None}
    some = sorted(task for task, key in wake_keys.items() if key.startswith(_SOME))
    await connection.execute(_HOLD_FACTS, {"ids": sorted(set(facts.values())), "some": some})
    await connection.execute(_HOLD_SCOPES, {"keys": sorted(set(wake_keys.values()))})
    rows = [{"id": task, "wake_key": key, "fact": facts.get(task)} for task, key in sorted(wake_keys.items())]
    return int((await connection.execute(_PARK, {"rows": as_json(rows), "margin": IN_FLIGHT_S})).rowcount)


async def first_needed(
    connection: AsyncConnection, new: Collection[UUID], dependencies: Sequence[NewDependency]
) -> dict[UUID, str]:
    """Return what `new` tasks wait for first, of their dependencies: the wake key of one that is still open.

    A task that has nothing to wait for, or waits in vain, is left out. Existing tasks are locked FOR SHARE until the
    transaction ends, so that their end cannot be missed before the new ones are stored. A task whose dependency is being
    changed by another transaction is left out too: the dispatcher finds it, and nothing waits here.
    """
    needed = sorted({one.depends_on_id for one in dependencies if one.depends_on_id not in new})
    found = {row.id: row.status for row in (await connection.execute(_HOLD_NEEDED, {"ids": needed})).all()}
    found |= dict.fromkeys(new, "pending")
    changing = {(one.task_id, one.entry) for one in dependencies if one.entry and one.depends_on_id not in found}
    seen: dict[UUID, list[Dependency]] = {}
    for one in sorted(dependencies, key=lambda one: (one.task_id, one.entry, one.depends_on_id)):
        if one.depends_on_id in found and (one.task_id, one.entry) not in changing:
            seen.setdefault(one.task_id, []).append(one.seen(found[one.depends_on_id]))
    first = {task: next(waits_for(task, known), None) for task, known in seen.items() if why_in_vain(known) is None}
    return {task: waits[1] for task, waits in first.items() if waits is not None}


async def wake_after(connection: AsyncConnection, ended: Sequence[UUID | str]) -> None:
    """Wake the tasks that wait for any of many that end, which are held: whoever would begin to wait for one waits for that.

    Mostly nobody waits for any task, and that costs one look.
    """
    if ended and (await connection.execute(_SOMEBODY_WAITS)).scalar_one():
        await wake(connection, [f"task:{task}" for task in ended])


async def wake(connection: AsyncConnection, keys: Sequence[str]) -> None:
    """Wake the tasks parked on these keys: some at once, the others by the dispatcher, in portions.

    Of those that wait for credits the first are woken, and the next ones once they have got theirs. Before the event
    counter is taken.
    """
    ended = [task for task in map(_task_in, keys) if task is not None]
    woken = (await connection.execute(_WAKE, {"keys": list(keys), "ended": ended, "most": AT_ONCE})).rowcount
    rest = [key for key in keys if not key.startswith("credits:")]
    if woken >= AT_ONCE and rest:
        await connection.execute(_LEAVE_THE_REST, {"keys": rest})


def _task_in(key: str) -> UUID | None:
    """Return the one task that a wake key names, if it names one."""
    return UUID(key.removeprefix("task:")) if key.startswith("task:") and not key.startswith((_SOME, _CHILDREN)) else None


async def wake_backlog(connection: AsyncConnection) -> int:
    """Wake a portion of the tasks that are noted to be woken; return how many."""
    return int((await connection.execute(_WAKE_BACKLOG, {"most": AT_ONCE})).scalar_one())


async def wake_looked_at(connection: AsyncConnection, after: str, facts: int, longest_s: float) -> tuple[int, str]:
    """Check facts whose change wakes no tasks (credits, films, open effects), and wake the tasks for which they changed.

    At most so many `facts`, beginning after the key `after`; return how many tasks were woken, and after which key to go
    on. After `longest_s` seconds the first in a line for credits is asked whatever has changed.
    """
    values = {"after": after, "facts": facts, "most": AT_ONCE, "margin": IN_FLIGHT_S, "longest": longest_s}
    values |= {"at_once": as_json(_places_at_makers())}
    row = (await connection.execute(_WAKE_LOOKED_AT, values)).one()
    return int(row.woken), row.last or ""


def _places_at_makers() -> dict[str, int]:
    """Return how many of what a type orders each platform makes for an account at once, by platform and type."""
    taking = [(name, spec.capability) for name, spec in TASK_TYPES.items() if spec.takes_place]
    return {
        f"{platform} {name}": rules.at_once[capability]
        for platform, rules in declared().items()
        for name, capability in taking
        if capability in rules.at_once
    }


async def sweep(connection: AsyncConnection, after: Place, limit: int) -> tuple[int, Place | None]:
    """Wake those of a portion of the parked tasks whose fact has changed without waking them.

    Return how many that were, and from where to go on; None: that was the last portion.
    """
    key, rank, due_at, task = after
    values = {"key": key, "rank": rank, "due_at": due_at, "id": task, "limit": limit}
    row: Row[Any] | None = (await connection.execute(_SWEEP, values)).one_or_none()
    if row is None:
        return 0, None
    return int(row.woken), (row.wake_key, row.rank, row.due_at, row.id) if row.asked == limit else None
