"""How does the ledger store what was intended and its outcome?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Text, Uuid

from shared.db.events import APPEND, as_json
from shared.db.models import Account, Attempt, Effect, ProofFile
from shared.db.rows import columns_of, rows_of
from shared.engine.store.rows.effect_rows import EffectRow, LedgerEffect, ListedEffect, Twin
from shared.outward_content import words_in

# One JSON document holds all rows: one parameter, one statement, however many intents.
_INTEND = text(
    """
    INSERT INTO effects (id, workspace_id, task_id, attempt_id, account_id, persona_id, platform, step, action, target, text,
                         content, key, fingerprint, baseline, outcome, call_deadline, part)
    SELECT r.id, r.workspace_id, r.task_id, r.attempt_id, r.account_id,
           (SELECT a.persona_id FROM accounts a WHERE a.id = r.account_id), r.platform, r.step, r.action, r.target, r.text,
           r.content, r.key, r.fingerprint, r.baseline, 'intended', r.call_deadline, coalesce(r.part, false)
    FROM jsonb_populate_recordset(NULL::effects, CAST(:rows AS jsonb)) r
    """
)

_TAKEN = text(
    """
    SELECT id, task_id, step, account_id, action, target, fingerprint, true AS of_step FROM effects
    WHERE task_id = ANY (:tasks) AND outcome IN ('intended', 'unknown', 'confirmed')
    UNION ALL
    SELECT e.id, e.task_id, e.step, w.account, w.action, w.target, w.fingerprint, false
    FROM unnest(:accounts, :actions, :targets, :fingerprints) AS w(account, action, target, fingerprint)
    CROSS JOIN LATERAL (
        SELECT * FROM effects e WHERE e.account_id = w.account AND e.action = w.action
          AND ((e.target = w.target AND e.fingerprint = w.fingerprint)
               OR (w.action = ANY (:anywhere) AND split_part(e.fingerprint, '.', 1) = split_part(w.fingerprint, '.', 1)))
          AND e.outcome IN ('intended', 'unknown') LIMIT 1
    ) e
    """
).bindparams(
    bindparam("accounts", type_=ARRAY(Uuid)),
    bindparam("tasks", type_=ARRAY(Uuid)),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("actions", "targets", "fingerprints", "anywhere")),
)

_SETTLE = text(
    f"""
    WITH before AS (SELECT id, outcome AS was FROM effects WHERE id = :id FOR NO KEY UPDATE),
    settled AS (
        UPDATE effects e SET outcome = :outcome,
               settled_at = CASE WHEN :outcome <> 'unknown' THEN clock_timestamp() END,
               external_id = coalesce(:external_id, e.external_id), external_url = coalesce(:external_url, e.external_url),
               element = coalesce(:element, e.element)
        FROM before WHERE e.id = before.id AND e.outcome = ANY (:from_outcomes) RETURNING e.*, before.was
    ),
    entries AS (
        SELECT workspace_id, task_id, 'effect.' || outcome AS type,
               jsonb_strip_nulls(jsonb_build_object('effect', id, 'action', action, 'platform', platform,
                   'target', target, 'external_id', external_id, 'external_url', external_url)) AS data
        FROM settled
    ), {APPEND}
    SELECT was, (SELECT count(*) FROM appended) FROM settled
    """
)

_WRITE = text(
    f"""
    WITH written AS (
        INSERT INTO effects (id, workspace_id, task_id, attempt_id, account_id, persona_id, platform, step, action, target,
                             text, content, key, fingerprint, baseline, outcome, call_deadline, settled_at, external_id,
                             external_url, element, part)
        SELECT r.id, r.workspace_id, r.task_id, r.attempt_id, r.account_id,
               (SELECT a.persona_id FROM accounts a WHERE a.id = r.account_id), r.platform, r.step, r.action, r.target,
               r.text, r.content, r.key, r.fingerprint, r.baseline, r.outcome, r.call_deadline,
               CASE WHEN r.outcome <> 'unknown' THEN clock_timestamp() END, r.external_id, r.external_url, r.element,
               coalesce(r.part, false)
        FROM jsonb_populate_record(NULL::effects, CAST(:row AS jsonb)) r RETURNING *
    ),
    entries AS (
        SELECT workspace_id, task_id, 'effect.' || outcome AS type,
               jsonb_strip_nulls(jsonb_build_object('effect', id, 'action', action, 'platform', platform, 'target', target,
                   'external_id', external_id, 'external_url', external_url, 'written_anew', true)) AS data
        FROM written
    ), {APPEND}
    SELECT count(*) FROM appended
    """
)

_OVER = text(
    "SELECT CASE WHEN outcome = 'lost' THEN dead_at ELSE ended_at END FROM attempts WHERE id = ANY (:ids)"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


# What an account says to a target: (account, action, target, fingerprint).
Said = tuple[UUID, str, str, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What must not be intended again: steps by (task, step), and the effects of what accounts have open."""

    steps: set[tuple[UUID, str]]
    texts: dict[Said, UUID]

    def is_part(self, task: UUID, step: str) -> bool:
        """Return whether a step follows another one of its task."""
        return any(of == task and name != step for of, name in self.steps)

    def add(self, row: Mapping[str, Any]) -> None:
        """Add an intent."""
        self.steps.add((row["task_id"], row["step"]))
        self.texts[row["account_id"], row["action"], row["target"], row["fingerprint"]] = row["id"]


async def taken(
    connection: AsyncConnection, task_ids: Sequence[UUID], said: Sequence[Said], *, anywhere: Collection[str] = ()
) -> Taken:
    """Return the open or confirmed steps of these tasks, and which of these texts their accounts have open.

    Of actions in `anywhere` the same words count too, to another target or in another format: read back, the two could not
    be told apart.
    """
    names = ("accounts", "actions", "targets", "fingerprints")
    columns = dict(zip(names, map(list, zip(*said, strict=True)), strict=True))
    values = {"tasks": sorted(task_ids), "anywhere": sorted(anywhere), **columns}
    rows = (await connection.execute(_TAKEN, values)).all()
    steps = {(row.task_id, row.step) for row in rows if row.of_step}
    open_texts = {(row.account_id, row.action, row.target, row.fingerprint): row.id for row in rows if not row.of_step}
    return Taken(steps, open_texts)


async def intend(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write intents. Raises IntegrityError where one is open already for a step, or an equal one."""
    await connection.execute(_INTEND, {"rows": as_json(rows)})


async def write(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Write an effect with its outcome whose intent the database has lost, or may have; ends its transaction.

    Raises:
        IntegrityError: the step has another that is open or confirmed, or the platform's id is another's.
    """
    await connection.execute(_WRITE, {"row": as_json(row)})


async def exists(connection: AsyncConnection, effect_id: UUID) -> bool:
    """Return whether the ledger has this effect."""
    return (await connection.execute(select(Effect.id).where(Effect.id == effect_id))).one_or_none() is not None


async def settle(
    connection: AsyncConnection, effect_id: UUID, outcome: str, *, receipt: Mapping[str, str] | None = None
) -> str | None:
    """Move an effect forward, with its event; return what it was, None if it does not move. Ends its transaction."""
    forward = {"confirmed": ["intended", "unknown", "absent"], "unknown": ["intended"]}
    values = {
        "id": effect_id,
        "outcome": outcome,
        "from_outcomes": forward.get(outcome, ["intended", "unknown"]),
        "external_id": None,
        "external_url": None,
        "element": None,
    } | dict(receipt or {})
    row = (await connection.execute(_SETTLE, values)).one_or_none()
    return None if row is None else str(row.was)


async def of_task(connection: AsyncConnection, task_id: UUID) -> list[LedgerEffect]:
    """Return all effects of a task, oldest first, each with the machine of its attempt."""
    query = (
        select(*columns_of(Effect, EffectRow), Attempt.host)
        .join(Attempt, Attempt.id == Effect.attempt_id)
        .where(Effect.task_id == task_id)
        .order_by(Effect.id)
    )
    return rows_of(LedgerEffect, await connection.execute(query))


async def still_open(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these effects whose outcome is not known yet."""
    query = select(Effect.id).where(Effect.id.in_(ids), Effect.outcome.in_(("intended", "unknown")))
    return set((await connection.execute(query)).scalars())


async def known_ids(connection: AsyncConnection, effect: EffectRow) -> frozenset[str]:
    """Return external ids of other effects of an effect's account and action, on any target, with any outcome."""
    query = select(Effect.external_id).where(
        Effect.account_id == effect.account_id,
        Effect.action == effect.action,
        Effect.id != effect.id,
    )
    return frozenset(x for x in (await connection.execute(query)).scalars() if x is not None)


async def open_twins(connection: AsyncConnection, effect: EffectRow) -> list[Twin]:
    """Return targets and fingerprints of other open effects of an effect's account and action with the same words."""
    query = select(Effect.target, Effect.fingerprint).where(
        Effect.account_id == effect.account_id,
        Effect.action == effect.action,
        func.split_part(Effect.fingerprint, ".", 1) == words_in(effect.fingerprint),
        Effect.id != effect.id,
        Effect.outcome.in_(("intended", "unknown")),
    )
    return rows_of(Twin, await connection.execute(query))


async def note_read(connection: AsyncConnection, effect_id: UUID, *, counts: bool) -> None:
    """Record a complete read that did not find the effect."""
    values: dict[Any, Any] = {"last_read_at": text("clock_timestamp()")}
    if counts:
        values["absent_reads"] = Effect.absent_reads + 1
    await connection.execute(update(Effect).where(Effect.id == effect_id).values(values))


async def is_open(connection: AsyncConnection, task_id: UUID) -> bool:
    """Return whether the outcome of something that a task did is not known yet."""
    query = select(Effect.id).where(Effect.task_id == task_id, Effect.outcome.in_(("intended", "unknown"))).limit(1)
    return (await connection.execute(query)).one_or_none() is not None


async def note_call(connection: AsyncConnection, effect_id: UUID, attempt_id: int, call_deadline: datetime) -> bool:
    """Record that an attempt repeats the call of an open effect; return False where its outcome is known."""
    values: dict[Any, Any] = {
        "called_again": func.array_append(Effect.called_again, attempt_id),
        "call_deadline": func.greatest(Effect.call_deadline, call_deadline),
        "absent_reads": 0,
    }
    still_open = Effect.outcome.in_(("intended", "unknown"))
    query = update(Effect).where(Effect.id == effect_id, still_open).values(values).returning(Effect.id)
    return (await connection.execute(query)).one_or_none() is not None


async def attempts_over_at(connection: AsyncConnection, ids: Sequence[int]) -> datetime | None:
    """Return from when on attempts can have done nothing more: each ended by itself, or its process and browser died.

    Return None while one may still act.
    """
    rows = (await connection.execute(_OVER, {"ids": list(ids)})).scalars().all()
    known = [over_at for over_at in rows if over_at is not None]
    return max(known) if len(known) == len(rows) else None


async def add_proof(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Store where an effect's screenshot lies."""
    await connection.execute(insert(ProofFile).values(**row))


async def page(
    connection: AsyncConnection,
    *,
    account: str | None,
    outcome: str | None,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[ListedEffect]:
    """Return effects, newest first, with account and newest proof."""
    proof = (
        select(ProofFile.id)
        .where(ProofFile.effect_id == Effect.id, ProofFile.removed_at.is_(None))
        .order_by(ProofFile.id.desc())
        .limit(1)
    ).scalar_subquery()
    of_account, kept = Account.handle.label("account"), proof.label("proof_id")
    query = select(*columns_of(Effect, EffectRow), of_account, kept).join(Account, Account.id == Effect.account_id)
    if account is not None:
        query = query.where(Account.handle == account)
    if outcome is not None:
        query = query.where(Effect.outcome == outcome)
    if since is not None:
        query = query.where(Effect.intended_at >= since)
    if until is not None:
        query = query.where(Effect.intended_at < until)
    if before is not None:
        query = query.where(Effect.id < before)
    return rows_of(ListedEffect, await connection.execute(query.order_by(Effect.id.desc()).limit(limit)))


def baseline_json(matching_ids: Sequence[str], newest_id: str | None) -> dict[str, Any]:
    """Return a baseline as it is stored."""
    return {"matching_ids": list(matching_ids), "newest_id": newest_id}


async def newest_proof(connection: AsyncConnection, effect_id: UUID) -> UUID | None:
    """Return the id of an effect's newest screenshot."""
    query = select(ProofFile.id).where(ProofFile.effect_id == effect_id).order_by(ProofFile.id.desc()).limit(1)
    return (await connection.execute(query)).scalar_one_or_none()
