"""What do answers about changed pages look like? For the OpenAPI document."""

from __future__ import annotations

from typing import Any

PAGES: dict[str, Any] = {
    "PageChanges": {
        "paused": [
            {
                "platform": "tiktok",
                "capability": "comment",
                "reason": "comment_composer was not found",
                "since": "2026-05-01T09:00:00Z",
                "transport": "chromium",
                "locator": "comment_composer",
                "evidence": {"host": "local", "folder": "evidence/4711", "kept_at": "2026-05-01T09:00:00Z"},
            }
        ],
        "drifting": [
            {
                "platform": "instagram",
                "transport": "chromium",
                "practice": False,
                "locator": "comment_submit",
                "way": 2,
                "ways": 3,
                "times": 12,
                "since": "2026-04-28T09:00:00Z",
                "last_seen_at": "2026-05-01T09:00:00Z",
            }
        ],
    },
}
