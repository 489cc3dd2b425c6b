"""What is an attempt's payload? The stored one, with other tasks' results instead of its references."""

from __future__ import annotations

from shared.engine.store import tasks
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.task_types.spec import AnySpec, Payload
from shared.tasks.fill_in import filled_payload
from workers.attempts.process import WorkerProcess


async def payload_of(process: WorkerProcess, spec: AnySpec, row: ClaimedTask) -> Payload:
    """Return the payload as its type's model.

    Raises:
        ContentRejected: a result that it refers to is missing, or does not fit in its place.
    """
    if not row.unfilled:
        plain: Payload = spec.read_payload(row.payload)
        return plain
    async with process.single.connect() as connection:
        results = await tasks.needed_results(connection, row.id)
    return filled_payload(spec, row.payload, results)
