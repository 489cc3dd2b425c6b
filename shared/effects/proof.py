"""Where does a proof lie?"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from shared.db.database import Database
from shared.engine.store import proofs
from shared.errors import NotFound
from shared.identity.caller import Caller

PNG = b"\x89PNG\r\n\x1a\n"


async def find_proof(*, desk: Database, caller: Caller, home: Path, proof_id: UUID) -> bytes:
    """The screenshot, whose path is made from its id alone.

    Raises:
        NotFound: there is none, it is another workspace's, it was removed, or its file is gone or no PNG.
    """
    async with desk.read(caller.workspace_id) as connection:
        row = await proofs.find(connection, proof_id)
    if row is not None and row.removed_at is not None:
        said = f"The screenshot {proof_id} was removed on {row.removed_at:%Y-%m-%d}, for its age or for want of room."
        raise NotFound(code="proof_removed", field="proof", message=f"{said} What was done stands in the ledger.")
    content = b"" if row is None else await asyncio.to_thread(_read, home / "proofs" / f"{proof_id}.png")
    if not content.startswith(PNG):
        raise NotFound(field="proof", message=f"There is no proof {proof_id}.")
    return content


def _read(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""
