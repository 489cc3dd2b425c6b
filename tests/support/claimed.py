"""A claimed task and an effect as a test of one rule needs them: whole, with what matters said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from shared.engine.store.rows.effect_rows import EffectRow
from shared.engine.store.rows.task_rows import ClaimedAccount, ClaimedTask
from shared.ids import new_id

NOTHING: Mapping[str, Any] = {}
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def claimed_account(stored: Mapping[str, Any] = NOTHING, **said: Any) -> ClaimedAccount:
    """An account, as it is stored or as it is said to be."""
    usual = {"id": new_id(), "workspace_id": new_id(), "platform": "instagram", "handle": "demo", "transport": "chromium"}
    usual |= {"origin": "http://127.0.0.1", "practice": True}
    return ClaimedAccount(**_known(ClaimedAccount, usual | dict(stored) | said))


def claimed_task(stored: Mapping[str, Any] = NOTHING, account: ClaimedAccount | None = None, **said: Any) -> ClaimedTask:
    """A task that an attempt has claimed, as it is stored or as it is said to be."""
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in fields(ClaimedTask))
    usual = {"id": new_id(), "workspace_id": new_id(), "type": "comment", "status": "running", "attempt_id": 7}
    usual |= {"kind": "perform", "claimed_at": AT, "created_at": AT, "retry_count": 0, "max_retries": 3}
    usual |= {"failed_looks": 0, "looks": 0}
    of_account = {} if account is None else {"account_id": account.id, "workspace_id": account.workspace_id}
    if account is not None:
        of_account["platform"] = account.platform
    columns = nothing | usual | of_account | dict(stored) | said | {"account": account}
    return ClaimedTask(**_known(ClaimedTask, columns))


def effect(**said: Any) -> EffectRow:
    """An effect as it is said to be."""
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in fields(EffectRow))
    return EffectRow(**nothing | {"baseline": {}, "called_again": []} | said)


def _known(kind: type[Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in columns.items() if name in names}
