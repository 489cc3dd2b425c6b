"""callsheet worker: run one pool of workers in the foreground."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cli.local.address import with_servers
from shared.errors import Invalid, NotConfigured
from shared.settings import ProcessKind, Settings


def worker(
    context: typer.Context,
    pool: Annotated[str, typer.Argument(help="A pool's name; `--list` names them; `keeper`.")] = "--list",
    *,
    host: Annotated[str, typer.Option(metavar="NAME", help="Only if this machine is that host.")] = "",
) -> None:
    """Run one pool of workers, or the keeper; replaces this process. On a joined host: `callsheet host run`."""
    settings: Settings = with_servers(context.obj)
    require_host(settings, host)
    if pool == "safari" and not settings.drives_safari:
        raise NotConfigured(setting="CALLSHEET_SAFARI", message="Only a Mac has Safari, and here it is not switched on.")
    module = ["workers.keeper"] if pool == "keeper" else ["workers.pools", pool]
    environment = settings.environment_for(_kind_of(pool))
    os.execve(sys.executable, [sys.executable, "-m", *module], environment)  # noqa: S606 - our own module, no shell


def _kind_of(pool: str) -> ProcessKind:
    match pool:
        case "keeper":
            return "keeper"
        case "--list":
            return "question"
        case _:
            return "pool"


def require_host(settings: Settings, name: str) -> None:
    """Check that this machine is the named host, if one is named.

    A host's lanes bear its name: a worker under another name would serve no tasks, or those of another machine's browsers.

    Raises:
        Invalid: it is another host.
    """
    if name in {"", settings.host_name}:
        return
    message = f"This machine is the host {settings.host_name}, not {name}; a joined host runs `callsheet host run`."
    raise Invalid(field="host", message=message)
