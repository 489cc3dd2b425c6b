"""How does a file that a maker has made come from its host?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from connectors.http.egress import Egress
from shared.errors import Conflict, ContentRejected, NotConfigured, TooLarge

WITHIN_S = 300.0


async def fetch(egress: Egress, url: str, *, headers: Mapping[str, str], most: int) -> AsyncIterator[bytes]:
    """The file, piece by piece, as a task's errors have it.

    Raises:
        Transient: it did not come, or not to its end.
        ContentRejected: it has more than `most` bytes.
        NotConfigured: its address may not be called from here.
    """
    try:
        async for piece in egress.file(url, headers=headers, most=most, within=WITHIN_S):
            yield piece
    except TooLarge as error:
        raise ContentRejected(code=error.code, message=error.message) from error
    except Conflict as error:
        raise NotConfigured(code=error.code, message=error.message, setting="CALLSHEET_EGRESS_ALLOWED") from error
