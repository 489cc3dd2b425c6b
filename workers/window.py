"""How does a person sign an account in on this machine? In a window of the account's own browser profile.

`python -m workers.window open PLATFORM ACCOUNT_ID HANDLE ORIGIN` opens it, waits until somebody is signed in, and prints
the handle that the page shows as JSON. `python -m workers.window forget PLATFORM ACCOUNT_ID` removes the profile.
Nothing is typed and no check is answered here: that is the person's part.
"""

from __future__ import annotations

import asyncio
import json
import sys
from uuid import UUID

from connectors.browser.check import Check
from connectors.browser.chromium import Chromium, forget
from connectors.contract.action import AccountFacts
from connectors.registry import load_reader
from shared.errors import CallsheetError, NotConfigured, Transient, UiChanged
from shared.logging import configure
from shared.settings import Settings, load_settings

TRANSPORT = "chromium"


async def sign_in(settings: Settings, account: AccountFacts) -> str:
    """The handle of whoever signs in, as the platform's page shows it.

    Raises:
        NotConfigured: the platform has no page that says so, or no browser can be started here.
        Transient: nobody signed in in time, or the window was closed.
    """
    check = load_reader(account.platform, "check", TRANSPORT)
    if not isinstance(check, Check):
        raise NotConfigured(setting=f"connectors/{account.platform}", message="Its sign-in cannot be read from a page.")
    browser = Chromium(settings.model_copy(update={"headless": settings.sign_in_headless}), by_hand=True)
    try:
        async with browser.session(account) as session:
            return await check.signed_in_as(session, within=settings.sign_in_s)
    except UiChanged as error:
        message = f"Nobody was signed in within {settings.sign_in_s:g} s; the profile keeps what was done so far."
        raise Transient(code="nobody_signed_in", message=message) from error
    finally:
        await browser.close()


def main(arguments: list[str]) -> None:
    """Do one of the two, and print what came of it.

    Raises:
        CallsheetError: it did not work.
    """
    settings = load_settings()
    configure(settings, "window")
    match arguments:
        case ["open", platform, account_id, handle, origin]:
            account = AccountFacts(str(UUID(account_id)), platform, handle, origin, credentials={})
            said: dict[str, object] = {"signed_in_as": asyncio.run(sign_in(settings, account))}
        case ["forget", platform, account_id]:
            said = {"forgotten": forget(settings, platform, str(UUID(account_id)))}
        case _:
            sys.exit(__doc__)
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CallsheetError as error:
        sys.exit(f"callsheet: {error}")
