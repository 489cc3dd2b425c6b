"""Which code does each capability of X?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.browser.check import Check, PageCheck
from connectors.browser.pages.inbox import Inbox
from connectors.browser.pages.posts import Discovery, ReadPost
from connectors.browser.pages.writing import Writing
from connectors.x.errors import REFUSALS
from connectors.x.pages.chat import Chat
from connectors.x.pages.chrome import Chrome, handle_in
from connectors.x.pages.reading import Chats, Notifications, Posts
from connectors.x.pages.status import Status

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession
    from connectors.contract.action import Action
    from connectors.contract.reading import Asking, Reader

CHECK = Check(
    Chrome.folder,
    REFUSALS,
    handle_in,
    (PageCheck(("post_link",)), PageCheck(("comment_composer",), link="post_link")),
)
INBOX = Inbox(Notifications, Chats, ("message requests",))
ACTIONS: dict[tuple[str, str], Action[BrowserSession] | Reader[BrowserSession, Any] | Asking[BrowserSession, Any, Any]] = {
    ("comment", "chromium"): Writing(Status),
    ("comment", "safari"): Writing(Status),
    ("dm", "chromium"): Writing(Chat),
    ("dm", "safari"): Writing(Chat),
    ("read_post", "chromium"): ReadPost(Posts, Status),
    ("read_post", "safari"): ReadPost(Posts, Status),
    ("discovery", "chromium"): Discovery(Posts),
    ("discovery", "safari"): Discovery(Posts),
    ("inbox", "chromium"): INBOX,
    ("inbox", "safari"): INBOX,
    ("check", "chromium"): CHECK,
    ("check", "safari"): CHECK,
}
