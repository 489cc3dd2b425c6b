"""How are ids made? UUIDs of version 7, which sort by the time they were made."""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat

SYSTEM_WORKSPACE = UUID("00000000-0000-7000-8000-000000000001")


def new_id() -> UUID:
    """Return a new id."""
    return uuid_utils.compat.uuid7()
