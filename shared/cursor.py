"""How does a client go on where a page of a list ended? With 16 bytes as base64, which are opaque to it.

Whatever has the shape of a cursor is accepted, so that a wrong cursor is refused by its shape alone.
"""

from __future__ import annotations

import base64
from uuid import UUID

# 128 bits are 21 letters of 6 bits and one with the last 2.
PATTERN = r"^[A-Za-z0-9_-]{21}[AQgw]$"
_LARGEST = 2**63 - 1


def of_id(value: UUID) -> str:
    """Return a cursor that stands after a row with this id."""
    return base64.urlsafe_b64encode(value.bytes).decode().rstrip("=")


def id_in(cursor: str) -> UUID:
    """Return the id after which the list goes on."""
    return UUID(bytes=base64.urlsafe_b64decode(f"{cursor}=="))


def of_number(value: int) -> str:
    """Return a cursor that stands after a row with this number."""
    return of_id(UUID(int=value))


def number_in(cursor: str) -> int:
    """Return the number after which the list goes on."""
    return min(id_in(cursor).int, _LARGEST)
