"""What is done if PostgreSQL may have lost an intent, or its outcome?

What may have been done in a lost span gets an effect whose outcome is unknown, before anything else is done for its step:
from then on it is looked up, or a person is asked, as after any call without an answer. What an attempt knows of
an effect whose row is gone is written anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.contract.manifest import Capability
from shared.db import events
from shared.engine.store import attempts, continuity, effects, tasks
from shared.engine.store.attempts import Process
from shared.engine.store.rows.effect_rows import EffectRow
from shared.engine.store.rows.task_rows import ClaimedTask
from workers.attempts.intent import ProposedCall, effect_row

log = structlog.get_logger()

# In the baseline of an effect that was written only because the database may have lost one.
LOST_SPAN = "lost_span"
KEPT = (
    "id", "workspace_id", "task_id", "attempt_id", "account_id", "platform", "step", "action", "target", "text",
    "content", "key", "fingerprint", "baseline", "call_deadline", "part",
)  # fmt: skip


def is_in_doubt(task: ClaimedTask, of_step: Sequence[EffectRow]) -> bool:
    """Return whether a step may have been done in a lost span, and nothing was intended for it since."""
    doubted_at = task.doubted_at
    return doubted_at is not None and all(effect.intended_at < doubted_at for effect in of_step)


async def write_doubt(connection: AsyncConnection, asked: ProposedCall, begin_s: float) -> None:
    """Write the effect that the step may have had; ends its transaction.

    Its call, if there was one, began before the loss was found, and was over by its deadline: after that nothing began on a
    server that was not compared.
    """
    found_at = await continuity.found_at(connection)
    lost_by = max(found_at, asked.by.task.doubted_at or found_at)
    ends_at = lost_by + timedelta(seconds=begin_s + asked.capability.call_s)
    row = effect_row(asked, ends_at) | {"outcome": "unknown"}
    row["baseline"] = row["baseline"] | {LOST_SPAN: True}
    await effects.write(connection, row)


def proves_nothing(task: ClaimedTask, effect: EffectRow, capability: Capability) -> bool:
    """Return whether a look cannot tell: nothing can be read back, or by the key of a task that may be a repetition."""
    if capability.verification != "keyed":
        return capability.verification == "blind"
    stored_anew = task.doubted_at is not None and task.doubted_at <= task.created_at
    return bool(effect.baseline.get(LOST_SPAN)) and stored_anew


def kept(effect: EffectRow) -> dict[str, Any]:
    """Return an effect as `write_anew` writes it."""
    return {name: getattr(effect, name) for name in KEPT}


async def write_anew(
    connection: AsyncConnection,
    task: ClaimedTask,
    who: Process,
    intended: Mapping[str, Any],
    outcome: str,
    receipt: Mapping[str, str],
) -> str | None:
    """Write an effect whose row the database has lost; return what it was, None where it is not lost.

    The effect that was written meanwhile for the step, in doubt, is the same one. Where the task is gone too, only the event
    records it: a client that submits it again gets another task, which is looked up first. Ends its transaction.

    Raises:
        IntegrityError: as `effects.write`.
    """
    if await effects.exists(connection, intended["id"]):
        return None
    if not await tasks.existing(connection, [task.id]):
        log.error("effect.task_lost", effect=str(intended["id"]), outcome=outcome, **receipt)
        said = {name: intended[name] for name in ("id", "account_id", "platform", "action", "target", "text")}
        data = said | dict(receipt) | {"effect": intended["id"], "lost_task": task.id}
        await events.append(connection, task.workspace_id, f"effect.{outcome}", data)
        return "lost"
    log.warning("effect.written_anew", effect=str(intended["id"]), outcome=outcome)
    of_task = await effects.of_task(connection, task.id)
    in_doubt = [e for e in of_task if e.step == intended["step"] and e.outcome == "unknown" and e.baseline.get(LOST_SPAN)]
    if in_doubt and outcome == "confirmed":
        return await effects.settle(connection, in_doubt[0].id, outcome, receipt=receipt)
    if in_doubt and outcome == "unknown":
        return "unknown"
    attempt = await attempts.write_anew(connection, task, who)
    row = dict(intended) | {"attempt_id": attempt, "outcome": outcome, **receipt}
    await effects.write(connection, row)
    return "lost"
