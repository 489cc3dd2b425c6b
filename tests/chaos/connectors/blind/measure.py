"""What does the test platform `blind` never take?"""

from __future__ import annotations

from tests.chaos.writing import measure

__all__ = ["measure"]
