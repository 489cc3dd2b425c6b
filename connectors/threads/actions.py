"""Which code does each capability of Threads?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.browser.check import Check, PageCheck
from connectors.browser.pages.inbox import Inbox
from connectors.browser.pages.posts import Discovery, ReadPost
from connectors.browser.pages.writing import Writing
from connectors.threads.errors import REFUSALS
from connectors.threads.pages.chrome import Chrome, handle_in
from connectors.threads.pages.post import Post
from connectors.threads.pages.reading import Posts, Told

if TYPE_CHECKING:
    from connectors.browser.driver import BrowserSession
    from connectors.contract.action import Action
    from connectors.contract.reading import Asking, Reader


CHECK = Check(
    Chrome.folder,
    REFUSALS,
    handle_in,
    (PageCheck(("post_link",)), PageCheck(("comment_composer",), link="post_link", opens=("comment_open",))),
)
INBOX = Inbox(Told, not_read=("messages",))
ACTIONS: dict[tuple[str, str], Action[BrowserSession] | Reader[BrowserSession, Any] | Asking[BrowserSession, Any, Any]] = {
    ("comment", "chromium"): Writing(Post),
    ("comment", "safari"): Writing(Post),
    ("read_post", "chromium"): ReadPost(Posts, Post),
    ("read_post", "safari"): ReadPost(Posts, Post),
    ("discovery", "chromium"): Discovery(Posts),
    ("discovery", "safari"): Discovery(Posts),
    ("inbox", "chromium"): INBOX,
    ("inbox", "safari"): INBOX,
    ("check", "chromium"): CHECK,
    ("check", "safari"): CHECK,
}
