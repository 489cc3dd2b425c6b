"""How long does a session live?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """The longest life of a session: unused, and in all (days)."""

    idle_d: float
    longest_d: float
