"""What proves an action over an API? Its request and its answer, as JSON, without secrets.

Kept are headers that reveal nothing about the caller, and bodies without the account's credentials, without any field
that is named as a secret and without the query of any address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LEFT_OUT = "[redacted]"
MOST_SIGNS = 65_536  # of each body
# Headers that are known to hold no secret; any other one may hold one.
SHOWN_HEADERS = frozenset(
    {"accept", "content-length", "content-type", "date", "retry-after", "x-request-id", "x-runway-version"}
)
# Fields of an account's credentials that are no secrets.
KNOWN_FIELDS = frozenset({"base_url", "identifier", "model"})

_SECRET_FIELD = re.compile(r"authorization|cookie|passw|secret|signature|token|api_?key|jwt", re.IGNORECASE)
_QUERY = re.compile(r"(https?:/{2}[^\s\"'?#]+)\?[^\s\"']*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back."""

    at: datetime
    method: str
    url: str
    sent_headers: Mapping[str, str]
    sent: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes

    def mentions(self, external_id: str) -> bool:
        """Return whether its answer, or its address, contains this."""
        return external_id.encode() in self.body or external_id in self.url

    def as_proof(self, credentials: Mapping[str, str]) -> bytes:
        """Return it as JSON in UTF-8, without secrets."""
        secrets = [value for name, value in credentials.items() if value and name not in KNOWN_FIELDS]
        document = {
            "at": self.at.astimezone(UTC).isoformat(),
            "request": {
                "method": self.method,
                "url": _without_secrets(self.url, secrets),
                "headers": _headers(self.sent_headers),
                "body": _without_secrets(_body(self.sent), secrets),
            },
            "answer": {
                "status": self.status,
                "headers": _headers(self.headers),
                "body": _without_secrets(_body(self.body), secrets),
            },
        }
        return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value if name.lower() in SHOWN_HEADERS else LEFT_OUT for name, value in headers.items()}


def _body(body: bytes) -> Any:
    text = body.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _without_secrets(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, dict):
        return {
            name: LEFT_OUT if _SECRET_FIELD.search(name) else _without_secrets(part, secrets) for name, part in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(part, secrets) for part in value]
    if not isinstance(value, str):
        return value
    for secret in secrets:
        value = value.replace(secret, LEFT_OUT)
    return _QUERY.sub(rf"\1?{LEFT_OUT}", value)[:MOST_SIGNS]
