"""Which code does each capability of the test platform `keyed`?"""

from __future__ import annotations

from tests.chaos.writing import ApiWriting

ACTIONS = {("dm", "api"): ApiWriting("keyed")}
