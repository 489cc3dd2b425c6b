"""What can be done on the test platform `searchable`?"""

from __future__ import annotations

from tests.chaos.writing import manifest

MANIFEST = manifest("searchable")
