"""What do answers about trust look like: the audit log, the do-not-contact list, approvals, uploads?"""

from __future__ import annotations

from typing import Any

_TASK = "01990f3c-7b1e-7c31-9a52-3f0d8e6b4a10"
_EFFECT = "01990f3c-8f02-7d10-8c11-52ad0c9be001"
_ACCOUNT = "01990f3b-0001-7000-8000-00000000000a"

_AUDIT: dict[str, Any] = {
    "seq": 42,
    "at": "2026-05-01T09:00:00Z",
    "actor": "local owner",
    "actor_id": _ACCOUNT,
    "via": "key",
    "address": "127.0.0.1",
    "correlation_id": _TASK,
    "action": "webhooks.changed",
    "subject": _EFFECT,
    "before": {"state": "active"},
    "after": {"state": "paused"},
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}

_LEFT_ALONE: dict[str, Any] = {
    "id": _EFFECT,
    "kind": "handle",
    "name": "maple_studio",
    "platform": "instagram",
    "persona_id": None,
    "reason": "asked us to stop",
    "source": "person",
    "added_by": "local owner",
    "created_at": "2026-05-01T09:00:00Z",
}

_SEEN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_APPROVAL: dict[str, Any] = {
    "task_id": _TASK,
    "type": "dm",
    "platform": "instagram",
    "account": "demo",
    "payload": {"to": "maple_studio", "text": "Thank you for the talk yesterday."},
    "payload_hash": _SEEN,
    "edited": False,
    "author": "ai",
    "asked_by": "local owner",
    "scheduled_for": None,
    "expires_at": "2026-05-08T09:00:00Z",
    "created_at": "2026-05-01T09:00:00Z",
}
_RULE: dict[str, Any] = {
    "name": "ten a day",
    "approval": "auto",
    "persona_id": None,
    "platform": None,
    "type": "comment",
    "author": "ai",
    "waits_s": 604800,
    "until": None,
    "budget": {"max": 10, "window_s": 86400},
}
_MEDIA: dict[str, Any] = {
    "id": _EFFECT,
    "media_type": "image/png",
    "size": 48211,
    "sha256": _SEEN,
    "added_by": "local owner",
    "created_at": "2026-05-01T09:00:00Z",
}

TRUST_EXAMPLES: dict[str, Any] = {
    "MediaView": _MEDIA,
    "MediaPage": {"items": [_MEDIA], "next_cursor": None},
    "ApprovalPage": {"items": [_APPROVAL], "next_cursor": None},
    "RulesView": {"rules": [_RULE], "four_eyes": False},
    "AllDecided": {
        "items": [
            {"task_id": _TASK, "outcome": "approved", "status": "pending", "code": None, "message": None},
            {
                "task_id": _EFFECT,
                "outcome": "refused",
                "status": None,
                "code": "other_version",
                "message": "The task's payload is another one by now: look at it again, and approve what you see.",
            },
        ]
    },
    "EntryView": _LEFT_ALONE,
    "EntryPage": {"items": [_LEFT_ALONE], "next_cursor": None},
    "ImportReport": {"added": 120, "known": 3},
    "AuditPage": {"items": [_AUDIT], "next_cursor": None},
    "Verification": {
        "ok": True,
        "entries": 42,
        "head": {"seq": 42, "hash": _AUDIT["hash"]},
        "broken_at": None,
        "known": None,
    },
}
