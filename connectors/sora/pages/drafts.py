"""How is a film ordered on Sora, and how is the list of orders read?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.pages.screen import Field, Row
from connectors.contract.content import format_of
from connectors.sora.pages.chrome import Chrome
from shared.errors import Transient

if TYPE_CHECKING:
    from connectors.contract.action import Request

DURATIONS = {10: "duration_10", 15: "duration_15", 25: "duration_25"}
ORIENTATIONS = {"9:16": "orientation_portrait", "16:9": "orientation_landscape"}
LINK = re.compile(r"/d/([A-Za-z0-9_-]{1,80})/?(?:[?#].*)?$")
CHOSEN = "(ways) => locate(ways)?.element.getAttribute('aria-checked') === 'true'"


class Drafts(Chrome):
    """The account's films, newest first, with the box to order one."""

    row: ClassVar[str] = "draft_row"
    composer: ClassVar[str] = "film_composer"
    submit: ClassVar[str] = "film_submit"
    id_field: ClassVar[str] = "link"
    fields: ClassVar[dict[str, Field]] = {"link": Field("draft_link", "href"), "text": Field("draft_prompt", "text")}

    async def arrive(self, request: Request) -> None:
        """Load the list and choose the format; see the contract."""
        chosen = places_of(request)
        await self.enter(f"{self.account.origin}/drafts")
        await self.settle_on(self.composer)
        for place in chosen:
            await self._choose(place)

    def read_row(self, values: dict[str, str | None], address: str) -> Row:  # noqa: ARG002 - a draft has its own address
        """Return an order; while it has no link it has not arrived. This list holds the account's own orders only."""
        match = LINK.search(values["link"] or "")
        return Row(id=match[1] if match else "", text=values["text"] or "", own=True, url=values["link"] or "")

    async def _choose(self, place: str) -> None:
        locator = self.locator(place)
        await self.driver.wait_for(locator)
        if await self.driver.evaluate(CHOSEN, locator.as_json()):
            return
        await self.driver.click(locator)
        if not await self.driver.wait_until(CHOSEN, locator.as_json()):
            raise Transient(code="typing_failed", message=f"{place} does not stay chosen.")


def places_of(request: Request) -> tuple[str, str]:
    """Return the choices on the page that an order's format stands for.

    Raises:
        ContentRejected: as `format_of`.
    """
    wanted = format_of(request.content)
    return DURATIONS[wanted.seconds], ORIENTATIONS[wanted.aspect]
