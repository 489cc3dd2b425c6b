"""callsheet host: list machines with browsers, let one join, and revoke one."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import httpx
import typer

from cli.client import Client, problem_in
from cli.screen import AsJson, show_json, show_table, talk
from host.membership import SHUT_OUT, Membership, find_membership, keep_membership, require_private
from shared.errors import NotFound, Transient
from shared.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List hosts, let one join, run it, or shut it out.")
Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.command("list")
def list_hosts(
    context: typer.Context,
    *,
    cursor: Annotated[str, typer.Option(help="Go on where an earlier list ended.")] = "",
    as_json: AsJson = False,
) -> None:
    """List hosts with their state and when their keepers last reported."""
    with Client(context.obj) as client:
        page = client.get("/api/hosts", cursor=cursor)
    if as_json:
        show_json(page)
        return
    rows = [
        (one["id"], one["name"], one["state"], one["joined_at"] or "", one["keeper_seen_at"] or "") for one in page["items"]
    ]
    show_table(("id", "name", "state", "joined", "keeper seen"), rows, empty="There is no host.")
    if page.get("next_cursor"):
        talk.print(f"More: --cursor {page['next_cursor']}", markup=False, soft_wrap=True)


@app.command()
def add(context: typer.Context, name: Name, *, as_json: AsJson = False) -> None:
    """Create a host, or find it, and print the token with which it joins, once within 15 minutes."""
    with Client(context.obj) as client:
        made = client.post("/api/hosts", {"name": name})
    if as_json:
        show_json(made)
        return
    talk.print(f"On {name}, by {made['expires_at']}:", markup=False)
    typer.echo(f"callsheet host join {client.url} {made['token']}")


@app.command()
def join(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the gateway is.")],
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="From `callsheet host add`; it works once.")],
) -> None:
    """Make this machine a host: redeem the token, and store the credential for the door (mode 600)."""
    settings: Settings = context.obj
    url = require_private(url)
    said = _join(url, token)
    if "credential" not in said:
        raise Transient(code="old_gateway", message="That gateway has no door for hosts yet: update the installation first.")
    kept = Membership(url, said["host"], said["credential"], str(said["workspace"]))
    keep_membership(settings.home, kept)
    talk.print(f"This machine is the host {kept.host} now. `callsheet host run` offers its browsers.", soft_wrap=True)


@app.command()
def run(
    context: typer.Context,
    *,
    shut_out_code: Annotated[
        int, typer.Option(help="With which code to end where the gateway has shut this host out.")
    ] = SHUT_OUT,
) -> None:
    """Offer this machine's browsers in the foreground, until Ctrl-C; replaces this process."""
    settings: Settings = context.obj
    find_membership(settings.home)
    words = [sys.executable, "-m", "host.program", "--shut-out-code", str(shut_out_code)]
    os.execve(sys.executable, words, settings.environment_for("host"))  # noqa: S606 - our own module, no shell


@app.command()
def revoke(context: typer.Context, name: Name, *, as_json: AsJson = False) -> None:
    """Revoke a host at once: its credentials and sessions end, and its tasks wait."""
    with Client(context.obj) as client:
        said = client.post(f"/api/hosts/{_id_of(client, name)}/revoke")
    if as_json:
        show_json(said)
    else:
        talk.print(f"{name} is shut out.", markup=False)


@app.command()
def gone(
    context: typer.Context,
    name: Name,
    *,
    note: Annotated[str, typer.Option(help="How you know; it is kept.")],
    as_json: AsJson = False,
) -> None:
    """Mark a host as gone for good: what was lost on it counts as dead, and its accounts can be connected elsewhere."""
    with Client(context.obj) as client:
        said = client.post(f"/api/hosts/{_id_of(client, name)}/gone", {"note": note})
    if as_json:
        show_json(said)
    else:
        talk.print(f"{name} is gone. Connect its accounts again on another host: their tasks follow.", markup=False)


def _join(url: str, token: str) -> dict[str, Any]:
    try:
        answer = httpx.post(f"{url}/api/hosts/join", json={"token": token}, timeout=35, trust_env=False)
    except httpx.TransportError as error:
        raise Transient(code="no_gateway", message=f"The gateway at {url} does not answer.") from error
    if answer.is_error:
        raise problem_in(answer)
    said: dict[str, Any] = answer.json()
    return said


def _id_of(client: Client, name: str) -> str:
    cursor: Any = ""
    while cursor is not None:
        page = client.get("/api/hosts", cursor=cursor)
        for one in page["items"]:
            if one["name"] == name:
                return str(one["id"])
        cursor = page["next_cursor"]
    raise NotFound(field="host", message=f"There is no host {name!r}.")
