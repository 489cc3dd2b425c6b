"""How far is a video that was ordered by `/v1/videos`, where is its file, and is the account's key still valid?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openai import NotFoundError, OpenAIError

from connectors.contract.reading import HealthReading
from connectors.http.file import fetch
from connectors.openai_videos.client import client_of, content_url
from connectors.openai_videos.errors import read_error
from connectors.openai_videos.mapping import stage_of
from shared.errors import ActionRequired, ContentRejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.contract.action import Receipt
    from connectors.contract.film import Stage
    from connectors.http.session import ApiSession

KEY = "api_key"


class FilmJob:
    """The `Film` of a maker that speaks `/v1/videos`."""

    async def check(self, session: ApiSession, made: Receipt) -> Stage:
        """GET it; see the contract."""
        try:
            async with client_of(session) as client:
                return stage_of(await client.videos.retrieve(made.external_id))
        except NotFoundError as error:
            raise ContentRejected(code="film_missing", message="The maker does not know this video (any more).") from error
        except OpenAIError as error:
            raise read_error(error) from error

    async def pieces(self, session: ApiSession, made: Receipt, most: int) -> AsyncIterator[bytes]:
        """Yield its content; see the contract."""
        headers = {"authorization": f"Bearer {session.account.credentials[KEY]}", "accept": "application/binary"}
        async for piece in fetch(session.egress, content_url(session, made.external_id), headers=headers, most=most):
            yield piece


class KeyCheck:
    """The `Reader` of an account's health."""

    async def read(self, session: ApiSession) -> HealthReading:
        """List one video.

        Raises:
            Transient, RateLimited, NotConfigured: nothing is known.
        """
        try:
            async with client_of(session) as client:
                await client.videos.list(limit=1)
        except OpenAIError as error:
            told = read_error(error)
            if not isinstance(told, ActionRequired):
                raise told from error
            return HealthReading(missing=(KEY,), code=told.code, message=told.message)
        return HealthReading(session.account.handle, found=(KEY,))
