"""How is a finished file fetched from its maker's host?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from connectors.http.egress import Egress
from shared.errors import Conflict, ContentRejected, NotConfigured, TooLarge

WITHIN_S = 300.0


async def fetch(egress: Egress, url: str, *, headers: Mapping[str, str], most: int) -> AsyncIterator[bytes]:
    """Yield the file, piece by piece; errors are those of tasks.

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
