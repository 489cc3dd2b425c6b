"""A session is refreshed: its refresh token is exchanged. A token that is used again too late ends the session."""

from __future__ import annotations

import structlog

from shared.db.database import Database
from shared.identity.caller import NotSignedIn
from shared.identity.opaque import known, successor_of
from shared.identity.sessions.access_tokens import Access
from shared.identity.sign_in.log_in import Issued, LoginContext
from shared.identity.store import sessions

log = structlog.get_logger()

# As long as a client may wait for an answer that was lost, and some more. See ADR 0015.
GRACE_S = 60.0


async def refresh_session(*, database: Database, login: LoginContext, refresh_token: str) -> Issued:
    """Return the session's next tokens. A repeated call within the grace period gets the same refresh token again.

    Raises:
        NotSignedIn: the token is not known, its session is over, or it was used before and may be stolen.
    """
    shown = known(refresh_token)
    following = successor_of(shown, login.keyring)
    async with database.personal(None) as connection:
        found = await sessions.take_refresh_token(connection, shown.hash, following.hash)
        if found is None:
            raise NotSignedIn(message="This refresh token is not known, or its session is over: sign in again.")
        await sessions.act_as(connection, found.person_id)
        is_reused = found.used_s is not None and (found.following_used or found.used_s > GRACE_S)
        if is_reused:
            await sessions.end(connection, found.person_id, found.session_id, "reused")
        else:
            await sessions.extend(connection, found.session_id, login.terms.idle_d)
    if is_reused:
        log.warning("sign_in.reused", person=str(found.person_id), session=str(found.session_id))
        raise NotSignedIn(code="token_reused", message="This refresh token was used before; its session has been ended.")
    return login.issue(Access(found.person_id, found.session_id), following)
