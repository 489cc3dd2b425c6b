"""Which code does each capability of Instagram?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.browser.check import Check, PageCheck
from connectors.browser.pages.inbox import Inbox
from connectors.browser.pages.posts import Discovery, ReadPost
from connectors.browser.pages.writing import Writing
from connectors.instagram.errors import REFUSALS
from connectors.instagram.pages.chrome import Chrome, handle_in
from connectors.instagram.pages.direct import DirectThread
from connectors.instagram.pages.post import Post
from connectors.instagram.pages.reading import Notifications, Posts, Threads

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
INBOX = Inbox(Notifications, Threads, ("general messages", "hidden message requests"))
ACTIONS: dict[tuple[str, str], Action[BrowserSession] | Reader[BrowserSession, Any] | Asking[BrowserSession, Any, Any]] = {
    ("comment", "chromium"): Writing(Post),
    ("comment", "safari"): Writing(Post),
    ("dm", "chromium"): Writing(DirectThread),
    ("dm", "safari"): Writing(DirectThread),
    ("read_post", "chromium"): ReadPost(Posts, Post),
    ("read_post", "safari"): ReadPost(Posts, Post),
    ("discovery", "chromium"): Discovery(Posts),
    ("discovery", "safari"): Discovery(Posts),
    ("inbox", "chromium"): INBOX,
    ("inbox", "safari"): INBOX,
    ("check", "chromium"): CHECK,
    ("check", "safari"): CHECK,
}
