"""How is an account shown? Never with its credentials."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row


class AccountView(BaseModel):
    """One identity on one platform."""

    id: UUID
    platform: str
    handle: str
    persona: str
    zone: str = Field(description="The persona's IANA time zone.")
    transport: str
    host: str | None
    origin: str
    practice: bool
    state: str
    code: str | None = Field(description="Why it is not connected, for programs.")
    reason: str | None
    until: datetime | None = Field(description="When it resumes by itself.")
    created_at: datetime


def show(row: Row[Any]) -> AccountView:
    """An account's row as it is shown."""
    named = {"code": row.state_code, "reason": row.state_reason, "until": row.state_until}
    same = {name: getattr(row, name) for name in AccountView.model_fields if name not in named}
    return AccountView(**same, **named)
