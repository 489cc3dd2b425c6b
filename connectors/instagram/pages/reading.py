"""Where does Instagram show posts, activity and threads?"""

from __future__ import annotations

import re
from typing import ClassVar

from connectors.browser.pages.activity import Activity
from connectors.browser.pages.conversations import Conversations
from connectors.browser.pages.posts import PostPages
from connectors.browser.pages.screen import Field
from connectors.instagram.pages.chrome import Chrome
from connectors.instagram.pages.direct import DirectThread
from connectors.instagram.pages.post import PERMALINK


class Posts(Chrome, PostPages):
    """Results are pictures that lead to posts and say nothing of them, so each post is opened."""

    results: ClassVar[str] = "/explore/search/keyword/?q={}"
    opens: ClassVar[bool] = True
    fields: ClassVar[dict[str, Field]] = {"permalink": Field("", "href")}
    body: ClassVar[str] = "post_body"
    body_fields: ClassVar[dict[str, Field]] = {
        "author": Field("post_author", "href"),
        "text": Field("post_text", "text"),
        "permalink": Field("", "href"),
        "time": Field("post_time", "datetime"),
        "likes": Field("post_likes", "text"),
    }


class Notifications(Chrome, Activity):
    """Comments and mentions among all that others did."""

    path: ClassVar[str] = "/accounts/activity/"
    number: ClassVar[re.Pattern[str]] = PERMALINK
    fields: ClassVar[dict[str, Field]] = {
        "author": Field("activity_author", "href"),
        "text": Field("activity_text", "text"),
        "words": Field("activity_words", "text"),
        "permalink": Field("activity_link", "href"),
        "time": Field("activity_time", "datetime"),
    }


class Threads(Chrome, Conversations):
    """All threads, and those that wait to be accepted; their rows are buttons without addresses since 2025."""

    path: ClassVar[str] = "/direct/inbox/"
    requests: ClassVar[str] = "/direct/requests/"
    thread = DirectThread
