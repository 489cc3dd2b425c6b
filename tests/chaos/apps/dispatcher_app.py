"""The app whose beat decides over the test platforms, started as `celery --app tests.chaos.apps.dispatcher_app beat`."""

from __future__ import annotations

from tests.chaos import plug  # isort: skip - first: the registry is read once
from workers.app import app

__all__ = ["app", "plug"]
