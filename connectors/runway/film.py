"""How far is a film at Runway, where is its file, how many credits are left, and is the key still valid?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.contract.reading import CreditsReading, HealthReading
from connectors.http.file import fetch
from connectors.runway.client import ORGANIZATION, read, task_path
from connectors.runway.mapping import file_in, stage_of
from shared.errors import ActionRequired, ContentRejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.contract.action import Receipt
    from connectors.contract.film import Stage
    from connectors.http.session import ApiSession

KEY = "api_key"


class FilmTask:
    """The `Film` of Runway."""

    async def check(self, session: ApiSession, made: Receipt) -> Stage:
        """GET the task; see the contract."""
        try:
            return stage_of(await read(session, task_path(made.external_id)))
        except ContentRejected as error:
            if error.code != "not_found":
                raise
            raise ContentRejected(code="film_missing", message="Runway does not know this task (any more).") from error

    async def pieces(self, session: ApiSession, made: Receipt, most: int) -> AsyncIterator[bytes]:
        """Yield the file from the address that the task names, without our key; see the contract."""
        url = file_in(await read(session, task_path(made.external_id)))
        async for piece in fetch(session.egress, url, headers={}, most=most):
            yield piece


class ReadBalance:
    """The `Reader` of credits: bought ones, which are not renewed."""

    async def read(self, session: ApiSession) -> CreditsReading:
        """Return what the organization has left; see the contract."""
        found = await read(session, ORGANIZATION)
        balance = found.get("creditBalance")
        if not isinstance(balance, int) or isinstance(balance, bool) or balance < 0:
            return CreditsReading(known=False, evidence={"reason": "Runway names no credit balance."})
        return CreditsReading(known=True, free=0, paid=balance)


class KeyCheck:
    """The `Reader` of an account's health."""

    async def read(self, session: ApiSession) -> HealthReading:
        """Ask for the organization.

        Raises:
            Transient, RateLimited: nothing is known.
        """
        try:
            await read(session, ORGANIZATION)
        except ActionRequired as error:
            return HealthReading(missing=(KEY,), code=error.code, message=error.message)
        return HealthReading(session.account.handle, found=(KEY,))
