"""How does a person sign an account in on this machine? In a window of the account's own browser profile.

Nothing is typed and no check is answered here: that is the person's part.
"""

from __future__ import annotations

from connectors.browser.check import Check
from connectors.browser.chromium.driver import Chromium
from connectors.contract.action import AccountFacts
from connectors.registry import load_reader
from shared.errors import NotConfigured, Transient, UiChanged
from shared.settings import Settings

TRANSPORT = "chromium"


async def sign_in(settings: Settings, account: AccountFacts) -> str:
    """Open the window, wait until somebody is signed in, and return the handle that the platform's page shows.

    Raises:
        NotConfigured: the platform has no page that says so, or no browser can be started here.
        Transient: nobody signed in in time, or the window was closed.
    """
    check = load_reader(account.platform, "check", TRANSPORT)
    if not isinstance(check, Check):
        raise NotConfigured(setting=f"connectors/{account.platform}", message="Its sign-in cannot be read from a page.")
    browser = Chromium(settings, by_hand=True)
    try:
        async with browser.session(account) as session:
            return await check.signed_in_as(session, within=settings.sign_in_s)
    except UiChanged as error:
        message = f"Nobody was signed in within {settings.sign_in_s:g} s; the profile keeps what was done so far."
        raise Transient(code="nobody_signed_in", message=message) from error
    finally:
        await browser.close()
