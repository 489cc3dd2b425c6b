"""How is a request with an `Idempotency-Key` answered once, however often it is sent?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.engine.store import idempotency
from shared.errors import Conflict, Invalid

HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request's key, and a hash that tells whether two bodies are the same."""

    workspace: UUID
    key: str
    fingerprint: str

    async def kept(self, connection: AsyncConnection) -> dict[str, Any] | None:
        """Return the answer that this request got before; lock its key until the commit.

        Raises:
            Conflict: the same request is being answered right now.
            Invalid: the key was used for another body.
        """
        if not await idempotency.try_lock(connection, self.workspace, self.key):
            message = "A request with this key is being answered right now: ask again in a moment."
            raise Conflict(code="in_flight", field=HEADER, message=message)
        found = await idempotency.find(connection, self.workspace, self.key)
        if found is None:
            return None
        if found.fingerprint != self.fingerprint:
            message = "This key was used for a request with another body."
            raise Invalid(code="key_reused", field=HEADER, message=message)
        answer: dict[str, Any] = found.answer
        return answer

    async def keep(self, connection: AsyncConnection, answer: dict[str, Any]) -> None:
        """Store the answer in the transaction that makes it true."""
        await idempotency.keep(connection, self.workspace, self.key, self.fingerprint, answer)
