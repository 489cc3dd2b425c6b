"""How is a maker called that speaks `/v1/videos`? Through OpenAI's own package, over our client for outgoing requests.

Nothing is repeated in here: a repeated POST makes, and bills, a second video.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from openai import AsyncOpenAI

from connectors.http.session import ApiSession
from connectors.http.transport import EgressTransport
from connectors.openai_videos.manifest import MANIFEST
from shared.errors import ActionRequired, NotConfigured

CALL_S = 20.0


@asynccontextmanager
async def client_of(session: ApiSession) -> AsyncIterator[AsyncOpenAI]:
    """Yield a client for the account.

    Raises:
        ActionRequired: the account has no credentials.
        NotConfigured: its address was shut down.
    """
    secret = session.account.credentials
    if not secret.get("api_key"):
        raise ActionRequired(code="disconnected", message="The account has no credentials: connect it again.")
    if closed := MANIFEST.closed_at(session.account.origin):
        message = f"{closed.what} was discontinued on {closed.on.isoformat()}."
        raise NotConfigured(code="discontinued", message=message, setting="base_url")
    async with httpx2.AsyncClient(transport=EgressTransport(session)) as http:
        yield AsyncOpenAI(
            api_key=secret["api_key"],
            base_url=session.account.origin,
            max_retries=0,
            timeout=CALL_S,
            http_client=http,
        )


def content_url(session: ApiSession, video: str) -> str:
    """Return the address of a video's file."""
    return f"{session.account.origin}/videos/{video}/content"


def address_of(session: ApiSession, video: str) -> str:
    """Return the address of a video's description."""
    return f"{session.account.origin}/videos/{video}"
