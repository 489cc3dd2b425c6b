"""How is an account shown? Never with its credentials."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from shared.accounts.advice import advice
from shared.accounts.lookup.accounts import AccountRow
from shared.page import View


class Health(BaseModel):
    """The result of the last check on the platform; it wrote nothing there."""

    ok: bool
    signed_in_as: str | None = Field(description="The handle that the platform shows; null where it shows none.")
    found: list[str] = Field(description="Places on its pages that are where they are expected.")
    missing: list[str] = Field(description="Places that are not.")
    not_seen: list[str] = Field(description="Places on pages that a check does not open.")
    otherwise: list[str] = Field(
        default_factory=list, description="Of those found, the places that another way than the first led to: pages drift."
    )
    message: str = Field(description="What was wrong; empty where nothing was.")


class AccountView(View):
    """One identity on one platform."""

    id: UUID
    platform: str
    handle: str
    persona: str
    persona_id: UUID
    zone: str = Field(description="The persona's IANA time zone.")
    transport: str
    host: str | None
    origin: str
    practice: bool
    sign_in: str = Field(description="How it signs in: `oauth`, `api_key`, `app_password` or `browser`; `none`: not at all.")
    sign_in_ends_at: datetime | None = Field(description="When its access ends unless it is refreshed, where that is known.")
    state: str
    code: str | None = Field(description="Why it is not connected, for programs.")
    reason: str | None
    until: datetime | None = Field(description="When it resumes by itself.")
    what_to_do: str | None = Field(description="What a person should do now; null where nothing is to be done.")
    checked_at: datetime | None
    health: Health | None = Field(description="Null while it was never checked.")
    inbox_every_s: int | None = Field(description="How often its inbox is read by itself (seconds); null: not by itself.")
    created_at: datetime


def view_account(row: AccountRow) -> AccountView:
    """Return an account's row as it is shown."""
    other = {
        "code": row.state_code,
        "reason": row.state_reason,
        "until": row.state_until,
        "what_to_do": advice(row.state, row.state_code),
        "sign_in": row.sign_in or ("none" if row.transport == "api" else "browser"),
        "health": None if row.health is None else Health(**row.health),
    }
    return AccountView.of(row, **other)
