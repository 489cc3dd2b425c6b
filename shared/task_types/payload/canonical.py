"""When are two payloads the same? When their canonical JSON is: keys in order, no spaces."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def payload_hash(payload: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON, in hexadecimal."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
