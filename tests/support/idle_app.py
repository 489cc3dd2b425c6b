"""The Celery app whose pools end idle children at once, started as `celery --app tests.support.idle_app`."""

from __future__ import annotations

from typing import Any

import structlog
from celery.signals import worker_process_shutdown

from workers.attempts import idle_children

idle_children.LOOK_S = 0.1

from workers.tasks import app  # noqa: E402 - the pool is made with it

__all__ = ["app"]


@worker_process_shutdown.connect(weak=False)
def ended(**_: Any) -> None:
    """A child has closed what it held: this is called after the product's own."""
    structlog.get_logger().info("child.ended")
