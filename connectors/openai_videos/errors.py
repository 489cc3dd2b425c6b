"""What does a maker that speaks `/v1/videos` answer when it refuses, and which of our errors is that?"""

from __future__ import annotations

from datetime import UTC, datetime

from openai import APIStatusError, OpenAIError

from connectors.http.faults import NotSent, never_sent
from connectors.http.retry_after import retry_after
from shared.errors import (
    ActionRequired,
    CallsheetError,
    ContentRejected,
    OutcomeUnknown,
    RateLimited,
    Transient,
)

# By OpenAI's guide to error codes. A status that is not here proves nothing.
REFUSED: dict[int, tuple[type[ActionRequired | ContentRejected], str]] = {
    400: (ContentRejected, "text_refused"),
    401: (ActionRequired, "key_refused"),
    402: (ActionRequired, "no_credits"),
    403: (ActionRequired, "forbidden"),
    404: (ContentRejected, "not_found"),
    413: (ContentRejected, "too_large"),
    422: (ContentRejected, "text_refused"),
}
TOO_MANY = 429
OUT_OF_MONEY = "insufficient_quota"


def read_error(error: OpenAIError) -> CallsheetError:
    """Return the meaning of an error of a request that changes nothing."""
    if isinstance(error, APIStatusError) and (refused := _refused(error)):
        return refused
    return Transient(code="no_answer", message=_said(error))


def write_error(error: OpenAIError) -> CallsheetError:
    """Return the meaning of an error of an order: a refusal, not sent, or unknown whether it was taken."""
    if isinstance(error, APIStatusError) and (refused := _refused(error)):
        return refused
    if never_sent(error):
        return NotSent(message=str(error.__cause__ or error)[:300])
    code = "site_error" if isinstance(error, APIStatusError) else "no_answer"
    return OutcomeUnknown(code=code, message=_said(error))


def _refused(error: APIStatusError) -> CallsheetError | None:
    if error.status_code == TOO_MANY:
        if error.code == OUT_OF_MONEY:
            return ActionRequired(code="no_credits", message=_said(error))
        return RateLimited(message=_said(error), until=retry_after(error.response.headers, datetime.now(UTC)))
    found = REFUSED.get(error.status_code)
    return None if found is None else found[0](code=found[1], message=_said(error))


def _said(error: OpenAIError) -> str:
    return f"The maker says: {str(error)[:300]}"
