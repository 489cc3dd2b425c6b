"""Does the gateway answer this host, is its credential valid, and does its program run?"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import httpx

from cli.checks.finding import Finding, wrong
from host.alone import is_running
from host.membership import Membership, find_membership
from shared.errors import NotConfigured
from shared.settings import Settings

ANSWERS_WITHIN_S = 10.0
JOIN = "An owner makes a token with `callsheet host add NAME`; run the line that it prints."


def check_door(settings: Settings) -> Iterator[Finding]:
    """Check the gateway, the credential, and the program."""
    try:
        membership = find_membership(settings.home)
    except NotConfigured as error:
        yield wrong("host", error)
        return
    yield from _gateway(membership)
    if is_running(settings.home):
        yield Finding("host", "ok", f"{membership.host}; its program runs")
    else:
        yield Finding("host", "wrong", f"{membership.host}; its program does not run", "Start it: `callsheet host run`.")


def _gateway(membership: Membership) -> Iterator[Finding]:
    """Request a file that does not exist: opening the door would end the program's own connection."""
    url = f"{membership.url}/api/hosts/door/files/{uuid4()}"
    headers = {"Authorization": f"Bearer {membership.credential}"}
    try:
        answer = httpx.get(url, headers=headers, timeout=ANSWERS_WITHIN_S, trust_env=False)
    except httpx.TransportError as error:
        mend = "Look whether it runs, and whether this machine may reach it."
        yield Finding("gateway", "wrong", f"{membership.url} does not answer ({type(error).__name__})", mend)
        return
    yield Finding("gateway", "ok", membership.url)
    if answer.status_code in {401, 403}:
        yield Finding("credential", "wrong", f"{membership.host} was shut out, or has joined from elsewhere", JOIN)
    elif answer.is_server_error:
        yield Finding("credential", "warn", f"the gateway answered {answer.status_code}", "Ask again in a minute.")
    else:
        yield Finding("credential", "ok", "is good")
