"""Which code does each capability of TikTok?"""

from __future__ import annotations

from typing import Any

from connectors.browser.check import Check, PageCheck
from connectors.browser.pages.inbox import Inbox
from connectors.browser.pages.posts import Discovery, ReadPost
from connectors.browser.pages.writing import Writing
from connectors.contract.action import Action
from connectors.contract.reading import Asking, Reader
from connectors.http.check import SignInCheck
from connectors.tiktok.errors import REFUSALS
from connectors.tiktok.manifest import OAUTH
from connectors.tiktok.pages.chrome import Chrome, handle_in
from connectors.tiktok.pages.messages import Chat
from connectors.tiktok.pages.reading import Chats, Notifications, Videos
from connectors.tiktok.pages.video import Video

CHECK = Check(
    Chrome.folder,
    REFUSALS,
    handle_in,
    (PageCheck(("post_link",)), PageCheck(("comment_composer",), link="post_link", opens=("comment_open",))),
)
INBOX = Inbox(Notifications, Chats, ("message requests",))
ACTIONS: dict[tuple[str, str], Action[Any] | Reader[Any, Any] | Asking[Any, Any, Any]] = {
    ("comment", "chromium"): Writing(Video),
    ("comment", "safari"): Writing(Video),
    ("dm", "chromium"): Writing(Chat),
    ("read_post", "chromium"): ReadPost(Videos, Video),
    ("read_post", "safari"): ReadPost(Videos, Video),
    ("discovery", "chromium"): Discovery(Videos),
    ("discovery", "safari"): Discovery(Videos),
    ("inbox", "chromium"): INBOX,
    ("check", "chromium"): CHECK,
    ("check", "safari"): CHECK,
    ("check", "api"): SignInCheck(OAUTH),
}
