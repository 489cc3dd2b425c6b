"""What do answers look like? One example for each model; a test reads each back with its model."""

from __future__ import annotations

from typing import Any

from api.examples_hosts import HOSTS
from api.examples_inbox import INTERACTIONS
from api.examples_pages import PAGES
from api.examples_people import PEOPLE
from api.examples_trust import TRUST_EXAMPLES

_TASK = "01990f3c-7b1e-7c31-9a52-3f0d8e6b4a10"
_EFFECT = "01990f3c-8f02-7d10-8c11-52ad0c9be001"
_PROOF = "01990f3c-93aa-7a44-b7d2-1e2f3a4b5c6d"
_ACCOUNT = "01990f3b-0001-7000-8000-00000000000a"
_SCHEDULE = "01990f3d-0a10-7b20-8d30-4e40f5506a70"
_WORKSPACE = "01990f3b-0000-7000-8000-000000000001"
_URL = "http://127.0.0.1:3900/instagram/p/C000000001/"
_TEXT = "What a light in this one."
_ID = "17900000000000001"

_TASK_VIEW: dict[str, Any] = {
    "id": _TASK,
    "type": "comment",
    "platform": "instagram",
    "account": "demo",
    "lane": "chromium.local.instagram",
    "priority": 3,
    "status": "completed",
    "scheduled_for": None,
    "not_before": None,
    "parent_id": None,
    "children": None,
    "waiting_for": [],
    "dependencies": [],
    "after": None,
    "retry_count": 0,
    "max_retries": 3,
    "cancel_requested": False,
    "payload": {"post_url": _URL, "text": _TEXT},
    "payload_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "author": "person",
    "asked_by": "local owner",
    "result": {
        "external_id": _ID,
        "external_url": f"{_URL}c/{_ID}/",
        "proof": {"url": f"/api/proofs/{_PROOF}", "text": _TEXT},
    },
    "error": None,
    "created_at": "2026-05-01T09:00:00Z",
    "started_at": "2026-05-01T09:00:00.210000Z",
    "finished_at": "2026-05-01T09:00:01.950000Z",
}
_SCHEDULE_VIEW: dict[str, Any] = {
    "id": _SCHEDULE,
    "task": {
        "type": "comment",
        "platform": "instagram",
        "account": "demo",
        "lane": "chromium.local.instagram",
        "priority": 3,
        "resources": {},
        "max_retries": 3,
        "payload": {"post_url": _URL, "text": _TEXT},
    },
    "rule": "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=30",
    "zone": "Europe/Berlin",
    "starts_at": "2026-05-01T09:00:00Z",
    "ends_at": None,
    "missed": "skip",
    "overlap": "skip",
    "exdates": ["2026-12-24"],
    "paused": False,
    "next_at": "2026-05-07T07:30:00Z",
    "occurrences": [{"task_id": _TASK, "slot": "2026-05-04T07:30:00Z", "status": "completed"}],
    "created_at": "2026-05-01T09:00:00Z",
}
_ACCOUNT_VIEW: dict[str, Any] = {
    "id": _ACCOUNT,
    "platform": "instagram",
    "handle": "demo",
    "persona": "demo",
    "persona_id": _SCHEDULE,
    "zone": "Europe/Berlin",
    "transport": "chromium",
    "host": "local",
    "origin": "http://127.0.0.1:3900/instagram",
    "practice": True,
    "sign_in": "browser",
    "sign_in_ends_at": None,
    "state": "connected",
    "code": None,
    "reason": None,
    "until": None,
    "what_to_do": None,
    "checked_at": "2026-05-01T08:30:00Z",
    "health": {
        "ok": True,
        "signed_in_as": "demo",
        "found": ["signed_in", "comment_composer"],
        "missing": [],
        "not_seen": ["message_composer"],
        "otherwise": [],
        "message": "",
    },
    "inbox_every_s": 3600,
    "created_at": "2026-05-01T08:00:00Z",
}
_PERSONA_VIEW: dict[str, Any] = {
    "id": _SCHEDULE,
    "name": "Studio Nord",
    "voice": "thoughtful",
    "languages": ["de", "en-GB"],
    "zone": "Europe/Berlin",
    "disclosure": "Written with the help of AI.",
    "limits": f"/api/limits?scope=persona:{_SCHEDULE}",
    "accounts": ["instagram/studio.nord"],
    "created_at": "2026-05-01T08:00:00Z",
}
_EVENT: dict[str, Any] = {
    "id": f"{_WORKSPACE}.42",
    "seq": 42,
    "type": "task.completed",
    "time": "2026-05-01T09:00:01.950000Z",
    "subject": _TASK,
    "data": {"task_type": "comment", "platform": "instagram", "lane": "chromium.local.instagram"},
}
_STATES = ("awaiting_approval", "scheduled", "pending", "queued", "running", "completed", "failed", "cancelled", "unknown")

_WEBHOOK_VIEW: dict[str, Any] = {
    "id": _ACCOUNT,
    "url": "https://hooks.example.org/callsheet",
    "types": ["task.failed", "task.unknown"],
    "state": "active",
    "failing_since": None,
    "created_at": "2026-05-01T08:00:00Z",
}
_DELIVERY: dict[str, Any] = {
    "id": _EFFECT,
    "seq": 42,
    "state": "pending",
    "tries": 1,
    "next_at": "2026-05-01T09:00:07Z",
    "last_status": 503,
    "last_error": "The receiver answered 503.",
    "created_at": "2026-05-01T09:00:02Z",
    "finished_at": None,
}
_NOTIFICATION: dict[str, Any] = {
    "id": _ACCOUNT,
    "name": "on call",
    "target": "ntfys://ntfy.example.org",
    "types": ["account.paused", "task.unknown"],
    "state": "active",
    "last_state": "sent",
    "last_error": None,
    "last_at": "2026-05-01T09:00:03Z",
    "created_at": "2026-05-01T08:00:00Z",
}

_RUN: dict[str, Any] = {
    "id": _EFFECT,
    "kind": "trilogy",
    "name": "first_contact",
    "platform": "sora",
    "account": "demo",
    "accounts": [{"platform": "sora", "account": "demo"}],
    "status": "running",
    "counts": dict.fromkeys(_STATES, 0) | {"completed": 1, "running": 1, "pending": 1},
    "task_ids": [_TASK, _PROOF, _ACCOUNT],
    "created_at": "2026-05-01T09:00:00Z",
}
_WAKE = {"id": _EFFECT, "at": "2026-05-01T10:00:00Z", "trigger": "checkback"}

EXAMPLES: dict[str, Any] = {
    **TRUST_EXAMPLES,
    "TaskView": _TASK_VIEW,
    "TaskPage": {"items": [_TASK_VIEW], "next_cursor": None},
    "Submitted": {"ids": [_TASK]},
    "Explanation": {
        "status": "scheduled",
        "gates": [
            {"gate": "approval", "open": True, "reason": "", "until": None},
            {"gate": "time", "open": False, "reason": "not due yet", "until": "2026-05-01T09:00:00Z"},
        ],
        "expected_start": "2026-05-01T09:00:00Z",
        "reason": "",
    },
    "EventPage": {"items": [_EVENT], "next_cursor": None},
    "SystemStatus": {
        "state": "running",
        "kill_switch": {"on": False, "reason": None},
        "counts": dict.fromkeys(_STATES, 0) | {"completed": 12},
        "probes": dict.fromkeys(_STATES, 0) | {"completed": 3},
        "lanes": [
            {
                "name": "chromium.local.instagram",
                "state": "running",
                "reason": None,
                "until": None,
                "workers": 1,
                "concurrency": 1,
                "busy": 0,
                "queued": 0,
                "utilisation": 0.0,
            }
        ],
        "dispatcher": {"leader": "mac:01990f3b", "last_tick_at": "2026-05-01T09:00:00Z", "lag_ms": 1.2},
    },
    "LimitsView": {
        "scope": "account:instagram/demo",
        "is_default": False,
        "rules": [
            {
                "action": "dm",
                "window_s": 3600,
                "max": 5,
                "used": 5,
                "next_free_at": "2026-05-01T09:40:00Z",
                "reason": "5 of 5 dm actions within 1 h are used",
            }
        ],
        "spacing_s": [60, 180],
        "spacing": [{"action": "*", "min_s": 60, "max_s": 180, "next_free_at": None}],
        "quiet": {"from": "21:00", "to": "09:00", "zone": "Europe/Berlin"},
    },
    "PlanView": {
        "as_of": "2026-05-01T09:00:00Z",
        "until": "2026-05-02T09:00:00Z",
        "complete": True,
        "items": [
            {
                "task_id": _TASK,
                "type": "comment",
                "platform": "instagram",
                "account": "demo",
                "lane": "chromium.local.instagram",
                "expected_start": "2026-05-01T09:10:00Z",
                "expected_end": "2026-05-01T09:10:04Z",
                "reason": "",
            }
        ],
    },
    "KillSwitch": {"on": True},
    "PlatformResources": {
        "items": [
            {
                "platform": "instagram",
                "account": "studio",
                "state": "cooldown",
                "reason": "the account rests after rate limit",
                "until": "2026-05-02T09:00:00Z",
                "used": 4,
                "max": 5,
            }
        ]
    },
    "SleepView": {
        "state": "asleep",
        "asked_by": "local owner",
        "since": "2026-05-01T01:00:00Z",
        "wakes_at": "2026-05-01T08:55:00Z",
        "due_at": None,
        "trigger": "visit",
        "in_flight": 0,
        "wakes": [_WAKE],
    },
    "WakeView": _WAKE,
    "ConsentView": {
        "platform": "instagram",
        "account": "studio",
        "policy": "needs_consent",
        "rule": "Instagram's terms of use allow nobody to use it in an automated way without its express permission.",
        "source": "https://help.instagram.com/581066165581870",
        "accepted": True,
    },
    "DeadLetterPage": {
        "items": [
            {
                "id": _TASK,
                "type": "comment",
                "platform": "instagram",
                "account": "demo",
                "lane": "chromium.local.instagram",
                "priority": 3,
                "payload": {"post_url": _URL, "text": _TEXT},
                "error": {"code": "content_rejected", "message": "The post takes no comments."},
                "retry_count": 0,
                "max_retries": 3,
                "attempts": [
                    {
                        "kind": "perform",
                        "host": "mac",
                        "started_at": "2026-05-01T09:00:00.210000Z",
                        "ended_at": "2026-05-01T09:00:01.950000Z",
                        "outcome": "failed",
                        "error": {"code": "content_rejected", "message": "The post takes no comments."},
                    }
                ],
                "created_at": "2026-05-01T09:00:00Z",
                "finished_at": "2026-05-01T09:00:01.950000Z",
            }
        ],
        "next_cursor": None,
    },
    "Replays": {"items": [{"id": _TASK, "outcome": "replayed"}], "dependents": []},
    "ScheduleView": _SCHEDULE_VIEW,
    "SchedulePage": {"items": [_SCHEDULE_VIEW], "next_cursor": None},
    "Removed": {"id": _SCHEDULE, "cancelled": 1},
    "Pausing": {"scope": "platform:instagram", "state": "paused"},
    "EffectPage": {
        "items": [
            {
                "id": _EFFECT,
                "task_id": _TASK,
                "platform": "instagram",
                "account": "demo",
                "action": "comment",
                "target": _URL,
                "text": _TEXT,
                "content": None,
                "external_id": _ID,
                "external_url": f"{_URL}c/{_ID}/",
                "proof_url": f"/api/proofs/{_PROOF}",
                "outcome": "confirmed",
                "at": "2026-05-01T09:00:01Z",
                "settled_at": "2026-05-01T09:00:01.900000Z",
            }
        ],
        "next_cursor": None,
    },
    "AccountView": _ACCOUNT_VIEW,
    "AccountPage": {"items": [_ACCOUNT_VIEW], "next_cursor": None},
    "SignInBegun": {
        "authorize_url": "https://www.tiktok.com/v2/auth/authorize/?response_type=code&client_key=…&state=…",
        "expires_at": "2026-05-01T09:10:00Z",
    },
    "PersonaView": _PERSONA_VIEW,
    "PersonaPage": {"items": [_PERSONA_VIEW], "next_cursor": None},
    "WebhookView": _WEBHOOK_VIEW,
    "WebhookMade": _WEBHOOK_VIEW | {"secret": "whsec_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUtZXhhbXBsZSE="},
    "WebhookPage": {"items": [_WEBHOOK_VIEW], "next_cursor": None},
    "DeliveryView": _DELIVERY,
    "DeliveryPage": {"items": [_DELIVERY], "next_cursor": None},
    "NotificationView": _NOTIFICATION,
    "NotificationPage": {"items": [_NOTIFICATION], "next_cursor": None},
    "NoticeView": {"id": _EFFECT, "cause": "test", "state": "pending", "created_at": "2026-05-01T09:00:02Z"},
    **PEOPLE,
    **HOSTS,
    **INTERACTIONS,
    **PAGES,
    "CreditsView": {
        "account": "demo",
        "known": True,
        "free": 26,
        "paid": 1,
        "total": 27,
        "available": 24,
        "checked_at": "2026-05-01T09:00:00Z",
        "refreshes_at": "2026-05-02T00:00:00Z",
        "refresh_interval_hours": 24.0,
    },
    "RunView": _RUN,
    "RunPage": {"items": [_RUN], "next_cursor": None},
    "QueuedRun": {"run_id": _EFFECT, "task_ids": [_TASK, _PROOF, _ACCOUNT]},
    "Alive": {"ok": True},
    "Readiness": {"ok": True, "checks": {"postgres": "ok", "schema": "ok", "redis": "ok", "dispatcher": "ok"}},
}
