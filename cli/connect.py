"""callsheet account connect: in a browser window, by OAuth, or with a secret from the platform."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any
from urllib.parse import parse_qs, quote, urlsplit

import typer

from cli.client import Client
from cli.local.supervision.supervisor import SOURCE
from cli.screen import AsJson, show_json, talk
from cli.wait_for_task import finish
from connectors.registry import MANIFESTS
from shared.errors import CallsheetError, Conflict, Invalid, NotFound, Transient
from shared.settings import Settings

Platform = Annotated[str, typer.Argument(metavar="PLATFORM", help="Such as instagram.")]
Handle = Annotated[str, typer.Argument(metavar="HANDLE", help="With or without @.")]
PERSONAS_AT_ONCE = 200


def connect(
    context: typer.Context,
    platform: Platform,
    handle: Handle,
    *,
    chromium: Annotated[bool, typer.Option("--chromium", help="Sign in in a browser window on this machine.")] = False,
    safari: Annotated[str, typer.Option("--safari", metavar="HOST", help="As Safari on that Mac is signed in.")] = "",
    oauth: Annotated[bool, typer.Option("--oauth", help="Sign in at the platform and agree.")] = False,
    secret: Annotated[bool, typer.Option("--secret", help="An app password or API key that you copied there.")] = False,
    persona: Annotated[str, typer.Option(help="Who owns the account; not needed where there is one persona.")] = "",
    practice: Annotated[bool, typer.Option("--practice", help="On the practice site of the platform.")] = False,
    accept_rule: Annotated[bool, typer.Option("--accept-rule", help="Accept the platform's rule without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Connect an account and check it; one that was disconnected keeps its id and history."""
    if [chromium, bool(safari), oauth, secret].count(True) != 1:
        raise Invalid(message="Say how: one of --chromium, --safari, --oauth and --secret.")
    with Client(context.obj) as client:
        who = {"persona": _persona(client, persona), "handle": handle.lstrip("@")}
        if oauth:
            account = _by_oauth(client, platform, who)
        elif secret:
            body = {"platform": platform, **who, "transport": "api", "secret": _secret(platform)}
            account = client.post("/api/accounts", body)
        elif safari:
            account = _in_safari(client, context.obj, safari, platform, who, practice=practice, accept_rule=accept_rule)
        else:
            account = _in_window(client, context.obj, platform, who, practice=practice, accept_rule=accept_rule)
    if as_json:
        show_json(account)
    else:
        told = f"{platform}/{account['handle']} is {account['state']}. {account['what_to_do'] or ''}"
        talk.print(told.strip(), markup=False, soft_wrap=True)
    if account["state"] != "connected":
        raise typer.Exit(1)


def path_of(platform: str, handle: str, what: str = "") -> str:
    """Return an account's address below the gateway's."""
    return f"/api/accounts/{quote(platform, safe='')}/{quote(handle.lstrip('@'), safe='')}{what}"


def run_window(settings: Settings, *words: str) -> dict[str, Any]:
    """Return the result of `workers.hosts.sign_in_window`; its messages go to standard error.

    Raises:
        Transient: it did not work; it has said why.
    """
    command = [sys.executable, "-m", "workers.hosts.sign_in_window", *words]
    environment = settings.environment_for("window")
    done = subprocess.run(  # noqa: S603 - our own program; the words are its data
        command, cwd=SOURCE, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise Transient(code="no_window", message="Nobody was signed in; the reason stands above.")
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _in_window(
    client: Client, settings: Settings, platform: str, who: dict[str, str], *, practice: bool, accept_rule: bool
) -> dict[str, Any]:
    with _placed(client, settings, "chromium", settings.host_name, platform, who, practice=practice) as account:
        _consent(client, platform, account["handle"], accept_rule=accept_rule)
        talk.print(f"Sign in as {account['handle']} in the window that opens now; it closes by itself.", markup=False)
        shown = run_window(settings, "open", platform, account["id"], account["handle"], account["origin"])["signed_in_as"]
        if shown.casefold() != account["handle"].casefold():
            message = f"{shown} is signed in, {account['handle']} was expected: sign out there, or connect {shown} instead."
            raise Conflict(code="wrong_account", message=message)
    talk.print(f"The page shows {shown}. Checking …", markup=False)
    finish(client, client.post(path_of(platform, account["handle"], "/check")))
    return dict(client.get(path_of(platform, account["handle"])))


def _in_safari(
    client: Client, settings: Settings, host: str, platform: str, who: dict[str, str], *, practice: bool, accept_rule: bool
) -> dict[str, Any]:
    """Connect an account in Safari, where its owner signs in as for any other use; that Mac's lane reads whose it is."""
    with _placed(client, settings, "safari", host, platform, who, practice=practice) as account:
        _consent(client, platform, account["handle"], accept_rule=accept_rule)
    talk.print(f"Safari on {host} must be signed in as {account['handle']}. Checking …", markup=False)
    finish(client, client.post(path_of(platform, account["handle"], "/check")))
    return dict(client.get(path_of(platform, account["handle"])))


@contextmanager
def _placed(
    client: Client, settings: Settings, transport: str, host: str, platform: str, who: dict[str, str], *, practice: bool
) -> Iterator[dict[str, Any]]:
    """Yield the account that waits for a sign-in: a new or disconnected one, or one that is paused.

    An account that was made for this is removed again where nobody signs in.
    """
    known: dict[str, Any] | None = None
    with suppress(NotFound):
        known = client.get(path_of(platform, who["handle"]))
    if known is not None and known["state"] == "paused":
        yield known
        return
    body = {"platform": platform, **who, "transport": transport, "host": host, "practice": practice}
    account = dict(client.post("/api/accounts", body))
    try:
        yield account
    except BaseException:
        if known is None:
            _take_back(client, settings, account)
        raise


def _take_back(client: Client, settings: Settings, account: dict[str, Any]) -> None:
    """Remove an account that nobody has signed in to, with its browser profile; report what prevents it."""
    try:
        client.delete(path_of(account["platform"], account["handle"]))
        if account["transport"] == "chromium":
            run_window(settings, "forget", account["platform"], account["id"])
    except CallsheetError as error:
        left = f"{account['platform']}/{account['handle']} was made, and stays disconnected: {error.message}"
        talk.print(left, markup=False, soft_wrap=True)


def _consent(client: Client, platform: str, handle: str, *, accept_rule: bool) -> None:
    rule = client.get(path_of(platform, handle, "/consent"))
    if rule["policy"] != "needs_consent" or rule["accepted"]:
        return
    talk.print(f"{rule['rule']}\n{rule['source']}", markup=False, soft_wrap=True)
    if not accept_rule and not typer.confirm("Do you accept this rule for this account, and the risk?", err=True):
        raise Conflict(code="no_consent", message="Without it the account may be read, and may not act.")
    client.post(path_of(platform, handle, "/consent"), {"accept": True})


def _by_oauth(client: Client, platform: str, who: dict[str, str]) -> dict[str, Any]:
    begun = client.post(f"/api/accounts/{quote(platform, safe='')}/connect", who)
    talk.print(f"Open this, sign in and agree:\n{begun['authorize_url']}", markup=False, soft_wrap=True)
    came = typer.prompt("You are sent to an address that ends in state and code. Paste it here", err=True)
    query = {name: values[0] for name, values in parse_qs(urlsplit(came.strip()).query).items()}
    if "state" not in query:
        raise Invalid(message="This address has no state in it; begin again.")
    return dict(client.get("/api/oauth/callback", **{k: query.get(k) for k in ("state", "code", "error")}))


def _secret(platform: str) -> dict[str, str]:
    manifest = MANIFESTS.get(platform)
    if manifest is None or manifest.secret is None:
        raise Conflict(code="unsupported", message=f"{platform} gives people no secret that they could copy.")
    return {name: typer.prompt(name, hide_input=True, err=True) for name in manifest.secret.fields}


def _persona(client: Client, name: str) -> str:
    found = client.get("/api/personas", limit=PERSONAS_AT_ONCE)["items"]
    named = [one["id"] for one in found if name in {one["name"], one["id"], ""}]
    if len(named) != 1:
        names = ", ".join(one["name"] for one in found)
        raise Invalid(field="persona", message=f"Say which with --persona: {names}.")
    return str(named[0])
