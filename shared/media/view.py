"""How is an upload shown?"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row


class MediaView(BaseModel):
    """A picture or a film."""

    id: UUID
    media_type: str = Field(description="Read from its content.")
    size: int = Field(description="Bytes.")
    sha256: str
    added_by: str
    created_at: datetime


class MediaPage(BaseModel):
    """Uploads, newest first."""

    items: list[MediaView]
    next_cursor: str | None


def view_media(row: Row[Any]) -> MediaView:
    """An upload as it is shown."""
    return MediaView(**{name: getattr(row, name) for name in MediaView.model_fields})
