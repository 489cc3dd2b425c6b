"""Which code does each capability of the test platform `blind`?"""

from __future__ import annotations

from tests.chaos.writing import ApiWriting

ACTIONS = {("dm", "api"): ApiWriting("blind")}
