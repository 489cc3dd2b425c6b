"""Which kinds of rows are read of the ledger of outward actions?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.status import Outcome


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One outward action; see `models/effect.py`."""

    id: UUID
    workspace_id: UUID
    task_id: UUID
    attempt_id: int
    account_id: UUID
    persona_id: UUID
    platform: str
    step: str
    action: str
    target: str
    text: str
    content: dict[str, Any] | None
    key: str | None
    fingerprint: str
    baseline: dict[str, Any]
    outcome: Outcome
    external_id: str | None
    external_url: str | None
    element: str | None
    absent_reads: int
    last_read_at: datetime | None
    intended_at: datetime
    call_deadline: datetime
    settled_at: datetime | None
    called_again: list[int]
    part: bool


@dataclass(frozen=True, slots=True)
class LedgerEffect(EffectRow):
    """An effect with the machine of its attempt."""

    host: str


@dataclass(frozen=True, slots=True)
class ListedEffect(EffectRow):
    """An effect with its account's handle and its newest proof."""

    account: str
    proof_id: UUID | None


@dataclass(frozen=True, slots=True)
class Twin:
    """Another effect with the same words: where it says them, and its id on the platform."""

    target: str
    fingerprint: str
