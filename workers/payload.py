"""What does an attempt work with? The stored payload, with the results of other tasks in the places of its references."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row

from shared.db.repositories import tasks
from shared.errors import ContentRejected
from shared.task_types.reference import has_references, resolve
from shared.task_types.spec import AnySpec, Payload
from workers.process import WorkerProcess


async def payload_of(process: WorkerProcess, spec: AnySpec, row: Row[Any]) -> Payload:
    """The payload as its type's model.

    Raises:
        ContentRejected: a result that it refers to is missing, or does not fit in its place.
    """
    if not has_references(row.payload):
        plain: Payload = spec.read_payload(row.payload)
        return plain
    async with process.single.connect() as connection:
        results = await tasks.needed_results(connection, row.id)
    try:
        filled: Payload = spec.read_payload(resolve(row.payload, results))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = f"With the results of other tasks in it, {where} is not as it should be: {first['msg']}."
        raise ContentRejected(code="reference_invalid", message=message) from error
    return filled
