"""Where does X show posts, activity and conversations?"""

from __future__ import annotations

import re
from typing import ClassVar

from connectors.browser.pages.activity import Activity
from connectors.browser.pages.conversations import Conversations
from connectors.browser.pages.posts import PostPages
from connectors.browser.pages.screen import Field
from connectors.x.pages.chat import Chat
from connectors.x.pages.chrome import Chrome
from connectors.x.pages.status import PERMALINK

CARD = {
    "author": Field("comment_author", "href"),
    "text": Field("comment_text", "text"),
    "permalink": Field("comment_permalink", "href"),
    "time": Field("post_time", "datetime"),
}


class Posts(Chrome, PostPages):
    """Posts, newest first; a post on its own page looks as in a list."""

    results: ClassVar[str] = "/search?q={}&src=typed_query&f=live"
    fields: ClassVar[dict[str, Field]] = {
        **CARD,
        "language": Field("comment_text", "lang"),
        "likes": Field("post_likes", "text"),
        "replies": Field("post_replies", "text"),
        "reposts": Field("post_reposts", "text"),
        "views": Field("post_views", "text"),
    }
    body_fields: ClassVar[dict[str, Field]] = fields


class Notifications(Chrome, Activity):
    """Replies and mentions are posts; what else stands there is none."""

    path: ClassVar[str] = "/notifications"
    number: ClassVar[re.Pattern[str]] = PERMALINK
    fields: ClassVar[dict[str, Field]] = {**CARD, "words": Field("activity_words", "text")}


class Chats(Chrome, Conversations):
    """All conversations of the chat."""

    path: ClassVar[str] = "/i/chat"
    thread = Chat
