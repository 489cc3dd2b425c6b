"""In which form is a proof stored: a screenshot as PNG, or request and answer of an API as JSON?"""

from __future__ import annotations

import json
from uuid import UUID

PNG, JSON = "image/png", "application/json"
ENDINGS = {PNG: "png", JSON: "json"}

_PNG_BEGINS = b"\x89PNG\r\n\x1a\n"


def media_type_of(content: bytes) -> str:
    """Return the type of a proof, by its content.

    Raises:
        ValueError: it is neither.
    """
    if content.startswith(_PNG_BEGINS):
        return PNG
    json.loads(content)
    return JSON


def file_name(proof: UUID, media_type: str) -> str:
    """Return the name of a proof's file."""
    return f"{proof}.{ENDINGS[media_type]}"
