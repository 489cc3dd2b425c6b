"""callsheet worker: how does a person run one pool of workers in the foreground?"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cli.local.address import with_servers
from shared.settings import Settings


def worker(
    context: typer.Context,
    pool: Annotated[str, typer.Argument(help="A pool's name; `--list` names them.")] = "--list",
) -> None:
    """Run one pool of workers; Celery takes this process over."""
    settings: Settings = with_servers(context.obj)
    os.execve(sys.executable, [sys.executable, "-m", "workers.pools", pool], settings.as_environment())  # noqa: S606 - our own module, no shell
