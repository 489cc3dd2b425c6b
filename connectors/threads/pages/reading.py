"""Where does Threads show posts and activity?"""

from __future__ import annotations

import re
from typing import ClassVar

from connectors.browser.pages.activity import Activity
from connectors.browser.pages.posts import PostPages
from connectors.browser.pages.screen import Field
from connectors.threads.pages.chrome import Chrome
from connectors.threads.pages.post import PERMALINK

CARD = {
    "author": Field("comment_author", "href"),
    "text": Field("comment_text", "text"),
    "permalink": Field("comment_permalink", "href"),
    "time": Field("post_time", "datetime"),
}


class Posts(Chrome, PostPages):
    """Posts; one on its own page looks as in a list."""

    results: ClassVar[str] = "/search?q={}&serp_type=default"
    fields: ClassVar[dict[str, Field]] = {
        **CARD,
        "likes": Field("post_likes", "text"),
        "replies": Field("post_replies", "text"),
        "reposts": Field("post_reposts", "text"),
    }
    body_fields: ClassVar[dict[str, Field]] = fields


class Told(Chrome, Activity):
    """Replies and mentions are posts."""

    path: ClassVar[str] = "/activity"
    number: ClassVar[re.Pattern[str]] = PERMALINK
    fields: ClassVar[dict[str, Field]] = {**CARD, "words": Field("activity_words", "text")}
