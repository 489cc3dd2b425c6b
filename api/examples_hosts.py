"""What do answers about hosts look like?"""

from __future__ import annotations

from typing import Any

_SECRET = "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE0"  # noqa: S105 - an example
_VIEW: dict[str, Any] = {
    "id": "01990f3b-0002-7000-8000-00000000000b",
    "name": "studio-mac",
    "state": "joined",
    "created_at": "2026-05-01T09:00:00Z",
    "joined_at": "2026-05-01T09:03:00Z",
    "revoked_at": None,
    "gone_at": None,
    "keeper_seen_at": "2026-05-01T09:10:00Z",
}
HOSTS: dict[str, Any] = {
    "HostView": _VIEW,
    "HostPage": {"items": [_VIEW], "next_cursor": None},
    "HostOffered": _VIEW
    | {
        "state": "not_joined",
        "joined_at": None,
        "keeper_seen_at": None,
        "token": f"csh_{_SECRET}",
        "expires_at": "2026-05-01T09:15:00Z",
    },
    "FileKept": {"size": 48_213},
    "HostJoined": {
        "host": "studio-mac",
        "workspace": "01990f3b-0000-7000-8000-000000000001",
        "credential": f"csd_{_SECRET}",
    },
}
