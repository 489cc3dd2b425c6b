"""Where is a proof stored?"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from shared.db.database import Database
from shared.effects.proof_files import ENDINGS, file_name, media_type_of
from shared.engine.store import proofs
from shared.errors import NotFound
from shared.identity.caller import Caller


@dataclass(frozen=True, slots=True)
class FoundProof:
    """The bytes of a proof's file, their type, and the file's name."""

    content: bytes
    media_type: str
    name: str


async def find_proof(*, database: Database, caller: Caller, home: Path, proof_id: UUID) -> FoundProof:
    """Return the screenshot, or request and answer; its path is made from its id alone.

    Raises:
        NotFound: there is none, it is another workspace's, it was removed, or its file is gone or of another type.
    """
    async with database.read(caller.workspace_id) as connection:
        row = await proofs.find(connection, proof_id)
    if row is not None and row.removed_at is not None:
        said = f"The proof {proof_id} was removed on {row.removed_at:%Y-%m-%d}, for its age or for want of room."
        raise NotFound(code="proof_removed", field="proof", message=f"{said} What was done stands in the ledger.")
    found = None if row is None else await asyncio.to_thread(_read, home / "proofs", proof_id)
    if found is None:
        raise NotFound(field="proof", message=f"There is no proof {proof_id}.")
    return found


def _read(folder: Path, proof_id: UUID) -> FoundProof | None:
    for media_type in ENDINGS:
        name = file_name(proof_id, media_type)
        with suppress(OSError, ValueError):
            content = (folder / name).read_bytes()
            if media_type_of(content) == media_type:
                return FoundProof(content, media_type, name)
    return None
