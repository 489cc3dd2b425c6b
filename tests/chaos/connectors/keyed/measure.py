"""What does the test platform `keyed` never take?"""

from __future__ import annotations

from tests.chaos.writing import measure

__all__ = ["measure"]
