"""What does Runway answer when it refuses, and which of our errors is that?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from connectors.http.egress import Answer
from connectors.http.retry_after import retry_after
from shared.errors import ActionRequired, ContentRejected, RateLimited

# By docs.dev.runwayml.com, page on errors. 502, 503 and every status that is not here prove nothing.
REFUSED: dict[int, tuple[type[ActionRequired | ContentRejected], str]] = {
    400: (ContentRejected, "text_refused"),
    401: (ActionRequired, "key_refused"),
    402: (ActionRequired, "no_credits"),
    403: (ActionRequired, "forbidden"),
    404: (ContentRejected, "not_found"),
    405: (ContentRejected, "not_offered"),
    413: (ContentRejected, "too_large"),
}
TOO_MANY = 429
# A limit of generations within rolling 24 hours; the answer does not say when there is room again.
DAY = timedelta(hours=24)


def refusal_in(answer: Answer) -> ActionRequired | ContentRejected | RateLimited | None:
    """Return the refusal that an answer is, None where it is none."""
    if answer.status == TOO_MANY:
        now = datetime.now(UTC)
        return RateLimited(message=_said(answer), until=retry_after(answer.headers, now) or now + DAY)
    found = REFUSED.get(answer.status)
    return None if found is None else found[0](code=found[1], message=_said(answer))


def _said(answer: Answer) -> str:
    try:
        found = json.loads(answer.body)
        said = str(found["error"])
    except (ValueError, KeyError, TypeError):
        said = f"status {answer.status}"
    return f"Runway says: {said[:300]}"
