"""The results to which a text refers are known now: they are filled in, so that people can see and approve the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.engine.rules.recipients import names_in, recipient_of
from shared.engine.store import approvals, release, tasks
from shared.errors import ContentRejected
from shared.task_types.payload.canonical import payload_hash
from shared.task_types.payload.reference import Outcome, resolve
from shared.task_types.payload.value_types import Place, types_of
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import AnySpec, Payload
from shared.validation import message_of


@dataclass(slots=True)
class FilledIn:
    """The result: tasks that still wait for another are in neither list."""

    filled: list[UUID] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)


async def fill_in(connection: AsyncConnection, limit: int) -> FilledIn:
    """Fill in the texts of tasks that need approval and wait for nothing else; ends its transaction.

    A text that cannot be filled in, or that its type refuses, fails its task.
    """
    rows = await approvals.unfilled(connection, limit)
    done, filled, failed = FilledIn(), [], []
    for row in rows:
        try:
            payload = filled_payload(TASK_TYPES[row.type], row.payload, await tasks.needed_results(connection, row.id))
        except ContentRejected as error:
            failed.append({"id": str(row.id), "code": error.code, "message": error.message})
            done.failed.append(row.id)
            continue
        filled.append(_columns(row, payload.model_dump(mode="json")))
        done.filled.append(row.id)
    if failed:
        await release.fail(connection, failed)
    if filled:
        await approvals.fill_in(connection, filled)
    return done


def filled_payload(spec: AnySpec, stored: dict[str, Any], outcomes: Mapping[UUID, Outcome]) -> Payload:
    """Return the stored payload with other tasks' results instead of its references, as its type's model.

    Raises:
        ContentRejected: a result that it refers to is missing, or does not fit in its place.
    """
    types = types_of(spec.payload)

    def kinds_at(place: Place) -> frozenset[str]:
        there = types.at(place)
        return frozenset() if there is None else there.kinds

    try:
        filled: Payload = spec.read_payload(resolve(stored, outcomes, kinds_at))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = f"With the results of other tasks in it, {where} is not as it should be: {message_of(first).rstrip('.')}."
        raise ContentRejected(code="reference_invalid", message=message) from error
    return filled


def _columns(row: Row[Any], payload: dict[str, Any]) -> dict[str, Any]:
    names: Sequence[str] | None = names_in(payload)
    return {
        "id": row.id,
        "payload": payload,
        "payload_hash": payload_hash(payload),
        "recipient": recipient_of(payload),
        "targets": names,
    }
