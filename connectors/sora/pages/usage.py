"""How many videos may the account still make? Read in the settings dialog, under "Usage"."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.browser.pages.refusal import by_marker, markers_of
from connectors.browser.pages.selectors import load_locators
from connectors.contract.reading import CreditsReading
from connectors.sora.errors import REFUSALS
from connectors.sora.mapping import read_usage
from connectors.sora.pages.chrome import handle_in
from shared.errors import ActionRequired, Transient, UiChanged

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession, Locator

FOLDER = Path(__file__).parent
DRAWN_S = 5.0  # how long after their panel the numbers may appear
HAS_NUMBERS = r"""(ways) => {
  const hit = locate(ways);
  return hit !== null && /\d\s*(video gens? left|free|paid)\b/i.test(textOf(hit.element));
}"""


class ReadUsage:
    """The `Reader` of credits over a browser."""

    async def read(self, session: BrowserSession) -> CreditsReading:
        """Open the dialog and read it; see the contract. Unreadable numbers are unknown, with the page as evidence."""
        screen = UsageDialog(session)
        try:
            await screen.arrive()
            await screen.open()
            text = await screen.text()
            found = read_usage(text, datetime.now(UTC))
            if found.known:
                return found
            raise await session.driver.ui_changed(
                "usage_panel", f"The usage says no number that is understood: {text[:200]!r}"
            )
        except UiChanged as error:
            return CreditsReading(known=False, evidence={**error.evidence, "reason": error.message})


class UsageDialog:
    """The settings dialog of the account's page."""

    def __init__(self, session: BrowserSession) -> None:
        """Work on the session's page; nothing is opened yet."""
        self.driver = session.driver
        self.account = session.account
        self._locators = load_locators(FOLDER / "selectors.toml", session.overrides)

    def locator(self, name: str) -> Locator:
        """Return a locator by its name in `selectors.toml`."""
        return self._locators[name]

    async def arrive(self) -> None:
        """Load the front page afresh and make sure that the right account is signed in there.

        Raises:
            ActionRequired: nobody or somebody else is signed in, or a challenge is in the way.
            RateLimited, Transient, UiChanged.
        """
        await self.driver.open(f"{self.account.origin}/")
        stops = markers_of(REFUSALS)
        found = await self.driver.wait_for(*map(self.locator, stops), self.locator("signed_in"))
        if error := by_marker(REFUSALS, found.name):
            raise error
        if not (await self.driver.address()).startswith(f"{self.account.origin}/"):
            raise Transient(code="left_site", message="The site led to an address of another site.")
        link = await self.driver.attribute_of(self.locator("signed_in"), "href") or ""
        owner, own = handle_in(link), self.account.handle.lstrip("@")
        if owner.casefold() != own.casefold():
            raise ActionRequired(code="wrong_account", message=f"{owner[:80]} is signed in, the task is for {own}.")

    async def open(self) -> None:
        """Open the menu, the settings and the tab, with the full pointer sequence, which the menu needs."""
        for name in ("settings_button", "settings_item", "usage_tab"):
            await self.driver.wait_for(self.locator(name))
            await self.driver.click(self.locator(name))

    async def text(self) -> str:
        """Return the panel's text, once its numbers are drawn or the time for that is over."""
        panel = self.locator("usage_panel")
        await self.driver.wait_for(panel)
        await self.driver.wait_until(HAS_NUMBERS, panel.as_json(), within=DRAWN_S)
        return await self.driver.text_of(panel)
