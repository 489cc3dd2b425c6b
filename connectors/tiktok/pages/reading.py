"""Where does TikTok show videos, activity and chats?"""

from __future__ import annotations

import re
from typing import ClassVar

from connectors.browser.pages.activity import Activity
from connectors.browser.pages.conversations import Conversations
from connectors.browser.pages.posts import PostPages
from connectors.browser.pages.screen import Field
from connectors.tiktok.pages.chrome import Chrome
from connectors.tiktok.pages.messages import Chat
from connectors.tiktok.pages.video import PERMALINK

CARD = {
    "author": Field("post_author", "href"),
    "text": Field("post_text", "text"),
    "likes": Field("post_likes", "text"),
}


class Videos(Chrome, PostPages):
    """Videos; one on its own page does not show its own address."""

    results: ClassVar[str] = "/search/video?q={}"
    fields: ClassVar[dict[str, Field]] = {
        **CARD,
        "permalink": Field("post_link_in_row", "href"),
        "views": Field("post_views", "text"),
    }
    body: ClassVar[str] = "post_body"
    body_fields: ClassVar[dict[str, Field]] = {
        **CARD,
        "permalink": Field("", "href"),
        "replies": Field("post_replies", "text"),
    }


class Notifications(Chrome, Activity):
    """Comments and mentions among all that others did."""

    path: ClassVar[str] = "/notifications"
    number: ClassVar[re.Pattern[str]] = PERMALINK
    fields: ClassVar[dict[str, Field]] = {
        "author": Field("activity_author", "href"),
        "text": Field("activity_text", "text"),
        "words": Field("activity_words", "text"),
        "permalink": Field("activity_link", "href"),
        "time": Field("activity_time", "datetime"),
    }


class Chats(Chrome, Conversations):
    """All chats; their list ignores clicks that a script made."""

    path: ClassVar[str] = "/messages?lang=en"
    thread = Chat
