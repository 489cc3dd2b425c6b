"""How does a test hand over work without the gateway? As the rows that submitting makes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.db import events
from shared.db.session import connect
from shared.engine.store import tasks
from shared.ids import new_id
from shared.task_types.payload.canonical import payload_hash
from shared.task_types.registry import TASK_TYPES
from tests.support.stack import Stack


def row(account: dict[str, Any] | None, kind: str, payload: dict[str, Any], lane: str, **more: Any) -> dict[str, Any]:
    """One pending task."""
    return {
        "id": new_id(),
        "workspace_id": account["workspace_id"] if account else None,
        "type": kind,
        "type_version": TASK_TYPES[kind].version,
        "platform": account["platform"] if account else None,
        "account_id": account["id"] if account else None,
        "lane": lane,
        "priority": 3,
        "status": "pending",
        "payload": payload,
        "payload_hash": payload_hash(payload),
        "resources": {},
        "approval_required": False,
        "due_at": datetime.now(UTC),
        "max_retries": 10,
        "correlation_id": "test",
        **more,
    }


def account(stack: Stack, platform: str) -> dict[str, Any]:
    """The practice account of a platform."""
    return stack.query("SELECT * FROM accounts WHERE platform = %(platform)s", platform=platform)[0]


def comment(stack: Stack, platform: str, text: str, *, post: int = 0) -> dict[str, Any]:
    """A comment under one of the sandbox's posts."""
    posts = stack.posts(platform)
    payload = {"post_url": posts[post % len(posts)]["url"], "text": text}
    return row(account(stack, platform), "comment", payload, f"chromium.{stack.settings.host_name}.{platform}")


def dm(stack: Stack, platform: str, text: str, *, to: str = "maple_studio") -> dict[str, Any]:
    """A message to one of the sandbox's people."""
    lane = f"chromium.{stack.settings.host_name}.{platform}"
    return row(account(stack, platform), "dm", {"to": to, "text": text}, lane)


def submit(stack: Stack, rows: list[dict[str, Any]]) -> list[UUID]:
    """Store tasks and wake the dispatcher."""

    async def store() -> None:
        engine = connect(stack.settings, "owner")
        async with engine.begin() as connection:
            await tasks.insert(connection, rows)
        async with engine.begin() as connection:
            await events.notify_all(connection)
        await engine.dispose()

    asyncio.run(store())
    return [item["id"] for item in rows]


def statuses(stack: Stack, ids: list[UUID]) -> dict[str, int]:
    """How many of these tasks are in each state."""
    found = stack.query("SELECT status, count(*) AS n FROM tasks WHERE id = ANY (%(ids)s) GROUP BY status", ids=ids)
    return {item["status"]: item["n"] for item in found}
