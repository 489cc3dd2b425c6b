"""Where does a measurement run that may not disturb the home's own accounts? On a host with one practice account."""

from __future__ import annotations

from uuid import UUID

from benchmarks.home import Home
from benchmarks.stored import Place

NAME = "bench"
PLATFORM = "tiktok"
LANE = f"chromium.{NAME}.{PLATFORM}"

_HOST = """
    INSERT INTO hosts (id, workspace_id, name, keeper_seen_at)
    SELECT uuidv7(), id, %(host)s, now() + interval '1 hour' FROM workspaces WHERE name = 'local' ON CONFLICT DO NOTHING
"""
_ACCOUNT = """
    INSERT INTO accounts (id, workspace_id, persona_id, host_id, platform, handle, transport, origin, practice)
    SELECT uuidv7(), a.workspace_id, a.persona_id, h.id, a.platform, %(host)s, 'chromium', a.origin, true
    FROM accounts a, hosts h WHERE a.platform = %(platform)s AND a.handle = 'demo' AND h.name = %(host)s
    ON CONFLICT DO NOTHING
"""
_FIND = "SELECT workspace_id, id FROM accounts WHERE platform = %(platform)s AND handle = %(host)s"


def place(home: Home) -> Place:
    """Return the account's place; made when it is first asked for. Its keeper counts as alive for an hour."""
    names = {"host": NAME, "platform": PLATFORM}
    for statement in (_HOST, _ACCOUNT):
        home.database.execute(statement, names)
    found = home.database.execute(_FIND, names).fetchone()
    assert found is not None
    return Place(UUID(str(found[0])), LANE, UUID(str(found[1])), PLATFORM)
