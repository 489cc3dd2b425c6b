"""How long does a session live?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a session lives: unused, and at the latest (days)."""

    idle_d: float
    longest_d: float
