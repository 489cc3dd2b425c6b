"""callsheet worker: how does a person run one pool of workers in the foreground, and how does a machine join as a host?"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer

from cli.client import problem_in
from cli.local.address import HOST_FILE, with_servers
from cli.local.secret import write_json
from cli.screen import talk
from shared.errors import Invalid, NotConfigured, Transient
from shared.settings import ProcessKind, Settings

INSIDE = {"127.0.0.1", "localhost", "::1"}


def worker(
    context: typer.Context,
    pool: Annotated[
        str, typer.Argument(help="A pool's name; `--list` names them; `keeper`; `join` with a TOKEN.")
    ] = "--list",
    token: Annotated[str, typer.Argument(help="For `join`: from `callsheet host add`.")] = "",
    *,
    url: Annotated[str, typer.Option(help="For `join`: where the gateway is.")] = "",
    host: Annotated[str, typer.Option(metavar="NAME", help="Only if this machine is that host.")] = "",
) -> None:
    """Run one pool of workers, or this host's keeper; or join as a host. Pools and keeper take this process over."""
    if pool == "join":
        join(context.obj, url, token)
        return
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
    """Go on where this machine is the host that somebody has named, or where nobody named one.

    A host's lanes bear its name: a worker under another would serve nobody's tasks, or those of another machine's browsers.

    Raises:
        Invalid: it is another host, or none of that name has joined from here.
    """
    if name in {"", settings.host_name}:
        return
    if settings.joined:
        message = f"This machine is the host {settings.host_name}, not {name}."
    else:
        message = (
            f"No host {name} has joined from this machine, which is {settings.host_name}: `callsheet host add {name}`"
            " prints the command that joins it."
        )
    raise Invalid(field="host", message=message)


def join(settings: Settings, url: str, token: str) -> None:
    """Use the token up and keep this host's credentials in `$CALLSHEET_HOME/host.json` (mode 600).

    Raises:
        Invalid: no address, or one over which everybody can read along.
    """
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in INSIDE):
        raise Invalid(
            field="url", message="Say where the gateway is, as `--url https://…`: credentials come back from there."
        )
    said = _asked(url.rstrip("/"), token)
    kept = {"host_name": said["host"], "worker_database_url": said["database_url"], "redis_url": said["redis_url"]}
    settings.home.mkdir(parents=True, exist_ok=True)
    write_json(settings.home / HOST_FILE, kept | {"workspace": said["workspace"]})
    talk.print(f"This machine is the host {said['host']} now: run `callsheet worker keeper` and a pool.", soft_wrap=True)


def _asked(url: str, token: str) -> dict[str, Any]:
    try:
        answer = httpx.post(f"{url}/api/hosts/join", json={"token": token}, timeout=35, trust_env=False)
    except httpx.TransportError as error:
        raise Transient(code="no_gateway", message=f"The gateway at {url} does not answer.") from error
    if answer.is_error:
        raise problem_in(answer)
    said: dict[str, Any] = answer.json()
    return said
