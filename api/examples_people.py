"""What do answers about people look like? See `examples.py`."""

from __future__ import annotations

from typing import Any

_WORKSPACE = "01990f3b-0000-7000-8000-000000000001"
_PERSON = "01990f3b-0002-7000-8000-00000000000b"
_SESSION = "01990f3b-0003-7000-8000-00000000000c"
_KEY = "01990f3b-0001-7000-8000-00000000000a"
_INVITATION = "01990f3b-0004-7000-8000-00000000000d"
_EMAIL = "mara@example.org"
_SECRET = "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE0"  # noqa: S105 - an example
_SCOPES = ["read", "submit", "approve", "manage"]

_SESSION_VIEW: dict[str, Any] = {
    "id": _SESSION,
    "current": True,
    "address": "192.0.2.17",
    "agent": "Mozilla/5.0",
    "created_at": "2026-05-01T08:00:00Z",
    "seen_at": "2026-05-01T09:00:00Z",
    "expires_at": "2026-05-15T09:00:00Z",
}
_KEY_VIEW: dict[str, Any] = {
    "id": _KEY,
    "name": "planner",
    "prefix": "Ab3dEf7h",
    "scopes": ["read", "submit"],
    "created_by": _EMAIL,
    "created_at": "2026-05-01T08:00:00Z",
    "expires_at": None,
    "used_at": "2026-05-01T09:00:00Z",
    "author": "person",
}
_MEMBER: dict[str, Any] = {"id": _PERSON, "email": _EMAIL, "role": "owner", "created_at": "2026-05-01T08:00:00Z"}
_INVITATION_VIEW: dict[str, Any] = {
    "id": _INVITATION,
    "email": "noor@example.org",
    "role": "editor",
    "created_by": _EMAIL,
    "created_at": "2026-05-01T08:00:00Z",
    "expires_at": "2026-05-08T08:00:00Z",
}
_WORKSPACE_VIEW = {"id": _WORKSPACE, "name": "studio", "role": "owner", "created_at": "2026-05-01T08:00:00Z"}

PEOPLE: dict[str, Any] = {
    "SignedOut": {"sessions": 2},
    "FirstOwner": {"person_id": _PERSON, "email": _EMAIL, "workspace_id": _WORKSPACE, "workspace": "studio"},
    "Tokens": {
        "token_type": "Bearer",
        "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6Imsx….….…",
        "expires_in": 600,
        "refresh_token": f"csr_{_SECRET}",
        "session_id": _SESSION,
    },
    "SessionView": _SESSION_VIEW,
    "SessionPage": {"items": [_SESSION_VIEW], "next_cursor": None},
    "PasswordChanged": {"ended_sessions": 2},
    "TotpBegun": {
        "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "uri": "otpauth://totp/Callsheet:mara%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Callsheet",
    },
    "RecoveryCodes": {"codes": ["k7qd2-m4xpa", "w9zr3-t6bhc"]},
    "TotpRemoved": {"totp": False},
    "TicketMade": {"ticket": f"cst_{_SECRET}", "expires_at": "2026-05-01T09:00:30Z"},
    "KeyView": _KEY_VIEW,
    "KeyMade": _KEY_VIEW | {"used_at": None, "key": f"csk_Ab3dEf7h_{_SECRET}"},
    "KeyPage": {"items": [_KEY_VIEW], "next_cursor": None},
    "WorkspaceView": _WORKSPACE_VIEW,
    "WorkspacePage": {"items": [_WORKSPACE_VIEW], "next_cursor": None},
    "MemberView": _MEMBER,
    "MemberPage": {"items": [_MEMBER], "next_cursor": None},
    "InvitationView": _INVITATION_VIEW,
    "InvitationMade": _INVITATION_VIEW | {"token": f"csi_{_SECRET}"},
    "InvitationPage": {"items": [_INVITATION_VIEW], "next_cursor": None},
    "Accepted": {"person_id": _PERSON, "email": "noor@example.org", "workspace_id": _WORKSPACE, "role": "editor"},
    "Me": {
        "kind": "person",
        "key": None,
        "person": {"id": _PERSON, "email": _EMAIL, "session_id": _SESSION, "role": "owner", "totp": True},
        "workspace": {"id": _WORKSPACE, "name": "studio"},
        "scopes": _SCOPES,
    },
}
