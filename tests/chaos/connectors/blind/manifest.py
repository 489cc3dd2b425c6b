"""What can be done on the test platform `blind`?"""

from __future__ import annotations

from tests.chaos.writing import manifest

MANIFEST = manifest("blind")
