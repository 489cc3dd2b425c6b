"""How is a direct message written from a person's profile, and how is the conversation read?

Locators: `profile_message`, `thread_partner`, `message_row`, `message_text`, `message_failed`, `message_composer`,
`message_submit`, and those of `request`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from connectors.browser.pages.screen import Field, Row, Screen
from shared.errors import ActionRequired, ContentRejected

if TYPE_CHECKING:
    from connectors.contract.action import Request


class Conversation(Screen):
    """The conversation with one person, newest message last.

    `profile` is the path of a profile with the handle as `{}`; `handles` is the form of a handle; `request` names the
    locators that replace the composer while the person has asked to write and nobody has answered yet.
    """

    site: ClassVar[str]
    handles: ClassVar[re.Pattern[str]]
    profile: ClassVar[str]
    row: ClassVar[str] = "message_row"
    composer: ClassVar[str] = "message_composer"
    submit: ClassVar[str] = "message_submit"
    request: ClassVar[tuple[str, ...]] = ()
    newest_last: ClassVar[bool] = True
    id_field: ClassVar[str] = "id"
    fields: ClassVar[dict[str, Field]] = {
        "id": Field("", "data-message-id"),
        "text": Field("message_text", "text"),
        "side": Field("message_text", "side"),
        "failed": Field("message_failed", "text"),
    }

    async def arrive(self, request: Request) -> None:
        """Go from the person's profile into the conversation, and make sure that it is with that person."""
        to = request.target.lstrip("@")
        if not self.handles.fullmatch(to):
            raise ContentRejected(code="wrong_target", message=f"{request.target[:80]!r} is no handle of {self.site}.")
        if self.is_own(to):
            raise ContentRejected(code="wrong_target", message="An account cannot write to itself.")
        await self.enter(self.account.origin + self.profile.format(to), "profile_message")
        if await self.click_to("profile_message", self.composer, *self.request) in self.request:
            said = (
                f"{to} has asked to write to this account: a person has to accept that on {self.site} before it can answer."
            )
            raise ContentRejected(code="request_open", message=said)
        await self._must_be_with(to)

    def failure(self, said: str) -> str:
        """Return what a message's mark says of a failure; "" where it says nothing of one."""
        return said.strip()

    def read_row(self, values: dict[str, str | None], address: str) -> Row:
        """Return a message; own ones stand on the right, and nothing else shows whose they are."""
        failed = self.failure(values["failed"] or "")
        own = values["side"] == "right"
        return Row(id=values["id"] or "", text=values["text"] or "", own=own, url=address, failed=failed)

    async def _must_be_with(self, to: str) -> None:
        link = await self.driver.attribute_of(self.locator("thread_partner"), "href")
        other = self.handle_of(link or "")
        if other.casefold() != to.casefold():
            said = f"The conversation that opened is with {other or 'somebody else'}, not {to}."
            raise ActionRequired(code="wrong_recipient", message=said)
