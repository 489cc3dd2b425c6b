"""Where may a worker die within a batch? In this order it comes to the points (`tests/support/batch_crash_app.py`)."""

from __future__ import annotations

POINTS = ("claiming", "claimed", "performed", "recording", "recorded")
