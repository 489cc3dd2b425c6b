"""How is an unexpected page stored as evidence? As picture, HTML and words, in a folder of its own."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.accounts.store import evidence as kept
from shared.engine.store.rows.task_rows import ClaimedTask
from shared.settings import Settings

log = structlog.get_logger()

LONGEST = 500  # characters of the names of missing locators


async def keep_evidence(
    engine: AsyncEngine,
    settings: Settings,
    row: ClaimedTask,
    capability: str,
    evidence: dict[str, str],
    *,
    locator: str = "",
) -> None:
    """Write the files into `evidence/<attempt>` of this machine's home, and their place into the database.

    A full disk prevents nothing else: what is to be paused is paused all the same.
    """
    facts = {
        "platform": row.acting.platform,
        "transport": row.acting.transport,
        "capability": capability,
        "locator": locator[:LONGEST],
    }
    try:
        await asyncio.to_thread(write_evidence, settings.home / "evidence" / str(row.attempt_id), evidence, facts)
    except OSError as error:
        log.warning("evidence.not_kept", attempt=row.attempt_id, error=repr(error))
        return
    where = {"attempt_id": row.attempt_id, "workspace_id": row.workspace_id, "host": settings.host_name}
    async with engine.begin() as connection:
        await kept.add(connection, facts | where)


def write_evidence(folder: Path, evidence: dict[str, str], facts: dict[str, str]) -> None:
    """Write the files; `screenshot` is base64."""
    folder.mkdir(parents=True, exist_ok=True)
    if "screenshot" in evidence:
        (folder / "page.jpg").write_bytes(base64.b64decode(evidence["screenshot"]))
    (folder / "page.html").write_text(evidence.get("html", ""))
    (folder / "page.json").write_text(json.dumps({"address": evidence.get("address", ""), **facts}))
