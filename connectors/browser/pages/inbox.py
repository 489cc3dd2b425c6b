"""What is new in an account's inbox: messages, comments, mentions?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.contract.reading import InboxReading

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession
    from connectors.browser.pages.activity import Activity
    from connectors.browser.pages.conversations import Conversations
    from connectors.contract.reading import Since

INBOX_S = 75.0
MOST = 200  # of each kind in one reading


@dataclass(frozen=True, slots=True)
class Inbox:
    """The `Asking` of what is new; a platform whose messages are not read has no `conversations`.

    `not_read` names places of the inbox of which nobody knows how they look.
    """

    activity: Callable[[BrowserSession], Activity]
    conversations: Callable[[BrowserSession], Conversations] | None = None
    not_read: tuple[str, ...] = ()

    async def ask(self, session: BrowserSession, question: Since) -> InboxReading:
        """Return messages and activity, newest first, down to what is known; see the contract."""
        ends = time.monotonic() + INBOX_S
        found, complete = await self.activity(session).read_since(question, most=MOST, ends=ends)
        if self.conversations is not None:
            messages, all_of_them = await self.conversations(session).read_since(question, most=MOST, ends=ends)
            found, complete = [*messages, *found], complete and all_of_them
        return InboxReading(tuple(found), complete, self.not_read)
