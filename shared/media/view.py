"""How is an upload shown?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.page import Page, View


class MediaView(View):
    """A picture or a film."""

    id: UUID
    media_type: str = Field(description="Read from its content.")
    size: int = Field(description="Bytes.")
    sha256: str
    added_by: str
    created_at: datetime


class MediaPage(Page[MediaView]):
    """Uploads, newest first."""
