"""How is an `inbox_sync` done? By reading the account's pages down to what is known, and storing what is new."""

from __future__ import annotations

from connectors.contract.reading import InboxReading, Since
from shared.inbox.known import known_ids
from shared.inbox.receive import Incoming, receive
from shared.task_types.inbox_sync import SPEC, InboxSyncPayload, InboxSyncResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[InboxSyncPayload]) -> InboxSyncResult:
    """Read the inbox, and store what is new."""
    known = await known_ids(engine=work.engine, account=work.account)
    found: InboxReading = await work.ask(SPEC.capability, Since(known))
    incoming = [Incoming(one.kind, one.external_id, one.author, one.text, one.url, one.at) for one in found.items]
    kept = await receive(engine=work.engine, account=work.account, incoming=incoming)
    return InboxSyncResult(
        received=kept.received, left_alone=kept.left_alone, complete=found.complete, not_read=list(found.not_read)
    )


EXECUTOR = Executor(SPEC, perform)
