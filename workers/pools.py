"""How is the worker of a pool started?

`python -m workers.pools --list` prints the pools of this host, `python -m workers.pools NAME` is the worker of one.
"""

from __future__ import annotations

import sys

from connectors.pools import Pool, find_pool, pools
from shared.db.schema import require_current
from shared.errors import CallsheetError
from shared.settings import Settings, load_settings
from workers.celery_program import run_celery


def command(pool: Pool, settings: Settings) -> list[str]:
    """Return the Celery command line of one pool's worker. Gossip and mingle are off: workers exchange nothing."""
    return [
        sys.executable, "-m", "celery", "--app", "workers.tasks", "--quiet", "worker",
        "--queues", ",".join(pool.lanes), "--concurrency", str(pool.concurrency), *_children(pool),
        "--hostname", f"{pool.name}@{settings.host_name}", "--loglevel", settings.log_level.upper(),
        "--without-gossip", "--without-mingle", "--heartbeat-interval", "10", "--events",
    ]  # fmt: skip


def _children(pool: Pool) -> list[str]:
    """Return the words that say how many children a pool has without work: none where they drive browsers.

    The system's own has one at all times, which also sends notifications and webhooks. Where a child is not forked but
    started, the first task would wait for seconds.
    """
    return ["--autoscale", f"{pool.concurrency},0"] if pool.host_bound and sys.platform == "linux" else []


def main() -> None:
    """List the pools, or be the worker of one."""
    settings = load_settings()
    if sys.argv[1:] == ["--list"]:
        sys.stdout.write("".join(f"{name}\n" for name in pools(settings)))
        return
    pool = find_pool(settings, sys.argv[1])
    require_current(settings, "worker")
    settings.egress_networks()  # said here, where it can be read, if it is wrong
    run_celery(*command(pool, settings)[3:], CALLSHEET_POOL=pool.name)


def run() -> None:
    """Do so as a program: an error of ours is one line."""
    try:
        main()
    except CallsheetError as error:
        sys.exit(f"callsheet: {error}")


if __name__ == "__main__":
    run()
