"""Which processes make up Callsheet on one machine, besides the servers?"""

from __future__ import annotations

import subprocess
import sys
from math import ceil

from cli.local.supervision.part import Part
from cli.local.supervision.supervisor import SOURCE
from connectors.registry import stops_within_s
from shared.errors import Transient
from shared.settings import ProcessKind, Settings

# What ends last of ours: the practice sites outlive everything that acts on them.
SANDBOX = "sandbox"
POOL_PREFIX = "pool-"
BEAT = ("celery", "-A", "workers.app", "beat", "-S", "workers.dispatcher.Dispatcher")


def parts_of(settings: Settings, pools: list[str]) -> list[Part]:
    """Everything but the servers, in the order in which it starts."""
    data = str(settings.home / "sandbox")
    fixed: dict[str, tuple[ProcessKind, tuple[str, ...]]] = {
        SANDBOX: ("sandbox", ("sandbox", "--host", "127.0.0.1", "--port", str(settings.sandbox_port), "--data", data)),
        "gateway": ("gateway", ("api",)),
        # The dispatcher keeps its timetable in PostgreSQL, so there is neither a schedule file nor a pid file.
        "beat": ("dispatcher", (*BEAT, "--loglevel", "info")),
        "keeper": ("keeper", ("workers.keeper",)),
        "flower": ("flower", ("workers.flower",)),
    }
    keeper = fixed.pop("keeper")
    workers: dict[str, tuple[ProcessKind, tuple[str, ...]]] = {
        f"{POOL_PREFIX}{pool}": ("pool", ("workers.pools", pool)) for pool in pools
    }
    stops = ceil(stops_within_s())
    # The keeper has pools of its own, those of joined hosts.
    slow = workers | {"keeper": keeper}
    return [Part(name, (sys.executable, "-m", *words), kind=kind) for name, (kind, words) in fixed.items()] + [
        Part(name, (sys.executable, "-m", *words), kind=kind, stop_seconds=stops) for name, (kind, words) in slow.items()
    ]


def ask_pools(settings: Settings) -> subprocess.Popen[str]:
    """Start asking which pools there are; it takes a while, in which others can start."""
    return subprocess.Popen(
        [sys.executable, "-m", "workers.pools", "--list"],
        cwd=SOURCE,
        env=settings.environment_for("question"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def hear_pools(asked: subprocess.Popen[str]) -> list[str]:
    """The names of the pools.

    Raises:
        Transient: the question failed; the message carries its last words.
    """
    names, problem = asked.communicate(timeout=60)
    if asked.returncode:
        reason = " ".join(problem.strip().splitlines()[-1:])
        raise Transient(message=f"`python -m workers.pools --list` failed: {reason}")
    return names.split()
