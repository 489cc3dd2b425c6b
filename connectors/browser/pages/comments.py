"""How are the comments below something read?

Locators: `comment_row`, `comment_author`, `comment_text`, `comment_permalink`, `comment_composer`, `comment_submit`.
"""

from __future__ import annotations

import re
from typing import ClassVar

from connectors.browser.pages.screen import Field, Row, Screen


class Comments(Screen):
    """Something with its comments. `number` finds a comment's id in its permalink."""

    number: ClassVar[re.Pattern[str]]
    row: ClassVar[str] = "comment_row"
    composer: ClassVar[str] = "comment_composer"
    submit: ClassVar[str] = "comment_submit"
    id_field: ClassVar[str] = "permalink"
    fields: ClassVar[dict[str, Field]] = {
        "author": Field("comment_author", "href"),
        "text": Field("comment_text", "text"),
        "permalink": Field("comment_permalink", "href"),
    }

    def read_row(self, values: dict[str, str | None], address: str) -> Row:  # noqa: ARG002 - a comment has its own address
        """Return a comment; while it has no permalink it has not arrived."""
        permalink = values["permalink"] or ""
        match = self.number.search(permalink)
        own = self.is_own(self.handle_of(values["author"] or ""))
        return Row(id=match[1] if match else "", text=values["text"] or "", own=own, url=permalink)
