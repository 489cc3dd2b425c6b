"""What does a page hold that means harm to whoever reads it: texts like scripts, huge bodies, lists without an end?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.seed import Post, Remark

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = "<script>alert(1)</script><img src=x onerror=alert(2)> '); DROP TABLE posts;-- \u202e{{7*7}}"
HUGE = 100_000  # signs of one text
MANY = 10_000  # rows that come at once
AT = "2026-01-01T00:00:00.000000Z"


def posts(make_post: Callable[[int], Post], start: int, count: int) -> list[Post]:
    """Answer so many posts from this place on; there is always a next one."""
    found = (make_post(100_000 + number) for number in range(start, start + count))
    return [
        Post(post.id, post.author, f"{WORDS} {number} {'x' * HUGE}", post.path) for number, post in enumerate(found, start)
    ]


def remarks(target: str) -> list[Remark]:
    """Answer ten thousand comments."""
    return [
        Remark(str(17_600_000_000_000_000 + number), "velvet_press", f"{WORDS} @{target} {number}", AT)
        for number in range(MANY)
    ]
