"""How is the Celery app configured, and why is each setting as it is?"""

from __future__ import annotations

from functools import cache
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from shared.logging import configure
from shared.settings import Settings, load_settings


@cache
def process_settings() -> Settings:
    """Return this process's settings, read when they are first asked for: what imports this module may be forked later.

    Raises:
        NotConfigured: a setting is not as it should be.
    """
    return load_settings()


app = Celery("callsheet")
# Celery asks for it when the app is first used, not when it is made.
app.add_defaults(lambda: {"broker_url": process_settings().broker_url()})

app.conf.update(
    # A message is ids and numbers; anything but JSON could carry code.
    task_serializer="json",
    accept_content=["json"],
    result_serializer="json",
    # A task's result is in PostgreSQL; Redis keeps none.
    task_ignore_result=True,
    # A worker killed at work leaves the message unacknowledged. A second delivery is harmless: the claim is in PostgreSQL.
    task_acks_late=True,
    # Not requeued by Celery when a process dies: that loops for ever on an out-of-memory kill. Reconcile counts attempts.
    task_reject_on_worker_lost=False,
    # One message at a time: waiting tasks must stay where the dispatcher sees them. A second message made a lane that does
    # one task after another no busier (measured: 96.0 % with one, 95.8 % with two).
    worker_prefetch_multiplier=1,
    # Celery's own rate limits are per worker and know nothing of accounts: the gates decide.
    worker_disable_rate_limits=True,
    # Flower shows starts and ends; nothing else reads these events.
    worker_send_task_events=True,
    # SIGTERM is Celery's warm shutdown: it waits for the current tasks (workers/attempts/shutdown.py). The soft one sleeps
    # for its whole time whenever a single task runs, and sends no signal before.
    worker_soft_shutdown_timeout=0.0,
    # Our own logging, as one stream of JSON lines.
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    # A worker that starts before Redis waits for it, and for ever: the supervisor shows it as not ready.
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        # Unacknowledged messages come back after this long, in seconds. Above every type's hard limit; a run that is longer
        # all the same is stale by its release number, so it is not done twice.
        "visibility_timeout": 3600,
        # Without it a publish can hang for ever on a half-open connection (default: none).
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 15,
    },
    # Only where a pool may be without children (workers/pools.py).
    worker_autoscaler="workers.attempts.idle_children:IdleScaler",
    # Celery would retry a publish by itself; the dispatcher does it, because it knows what was published.
    task_publish_retry=False,
    # beat_schedule.py is not Celery's: its rows become tasks in PostgreSQL.
    beat_scheduler="workers.dispatcher:Dispatcher",
    enable_utc=True,
    timezone="UTC",
)


@setup_logging.connect  # type: ignore[untyped-decorator]  # Celery ships no types
def _log(**_: Any) -> None:
    configure(process_settings(), part=process_settings().pool or "beat")
