"""How is a direct message written on TikTok, and how is its chat read?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from connectors.browser.screen import Field, Row
from connectors.tiktok.pages.chrome import HANDLE, Chrome
from shared.errors import ActionRequired, ContentRejected

if TYPE_CHECKING:
    from connectors.contract.action import Request


class Chat(Chrome):
    """The chat with one person, newest message last."""

    row: ClassVar[str] = "message_row"
    composer: ClassVar[str] = "message_composer"
    submit: ClassVar[str] = "message_submit"
    newest_last: ClassVar[bool] = True
    id_field: ClassVar[str] = "id"
    fields: ClassVar[dict[str, Field]] = {
        "id": Field("", "data-message-id"),
        "text": Field("message_text", "text"),
        "side": Field("message_text", "side"),
        "failed": Field("message_failed", "text"),
    }

    async def arrive(self, request: Request) -> None:
        """Go to the person's profile and from there into the chat; make sure that it is with that person."""
        to = request.target.lstrip("@")
        if not HANDLE.fullmatch(to):
            raise ContentRejected(code="wrong_target", message=f"{request.target[:80]!r} is no handle of TikTok.")
        if self.is_own(to):
            raise ContentRejected(code="wrong_target", message="An account cannot write to itself.")
        await self.enter(f"{self.account.origin}/@{to}")
        await self.settle_on("profile_message")
        await self.driver.click(self.locator("profile_message"))
        await self.settle_on(self.composer)
        await self._must_be_with(to)

    async def _must_be_with(self, to: str) -> None:
        link = await self.driver.attribute_of(self.locator("chat_partner"), "href")
        other = self.handle_of(link or "")
        if other.casefold() != to.casefold():
            said = f"The chat that opened is with {other or 'somebody else'}, not {to}."
            raise ActionRequired(code="wrong_recipient", message=said)

    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        """A message; an own one stands on the right, there is no other sign of whose it is."""
        own = values["side"] == "right"
        failed = (values["failed"] or "").strip()
        return Row(id=values["id"] or "", text=values["text"] or "", own=own, url=address, failed=failed)
