"""What do answers about interactions and conversations look like?"""

from __future__ import annotations

from typing import Any

_ID = "01990f3c-8f02-7d10-8c11-52ad0c9be001"
_INTERACTION: dict[str, Any] = {
    "id": _ID,
    "platform": "instagram",
    "account": "demo",
    "kind": "message",
    "external_id": "17900000000000007",
    "author": "maple_studio",
    "text": "Thank you! When do you open?",
    "url": "http://127.0.0.1:3900/instagram/direct/t/17900000000000001/",
    "at": None,
    "received_at": "2026-05-01T09:00:00Z",
}
_CONVERSATION: dict[str, Any] = {
    "platform": "instagram",
    "account": "demo",
    "handle": "maple_studio",
    "received": 1,
    "sent": 2,
    "last": {"direction": "in", "text": "Thank you! When do you open?", "at": "2026-05-01T09:00:00Z"},
}
INTERACTIONS: dict[str, Any] = {
    "InteractionView": _INTERACTION,
    "InteractionPage": {"items": [_INTERACTION], "next_cursor": None},
    "ConversationView": _CONVERSATION,
    "ConversationPage": {"items": [_CONVERSATION], "next_cursor": None},
}
