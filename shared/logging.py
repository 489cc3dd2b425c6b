"""How are logs written? As structured events with constant names and bound ids; secrets are removed."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from shared.settings import Settings

_SECRET_NAMES = re.compile(r"(password|secret|token|api_key|authorization|credential|cookie)", re.IGNORECASE)
# Keys and tokens of ours, access tokens, passwords in addresses. A set-up token (css_) is meant to be read in the log.
_SECRET_TEXT = re.compile(
    r"(cs[dhkrit]_[A-Za-z0-9_-]{8})[A-Za-z0-9_-]+|(eyJ[A-Za-z0-9_-]{8})[A-Za-z0-9_-]*\.[A-Za-z0-9_.-]+"
    r"|(://[^:/@\s]+:)[^@\s]+(@)"
)


def configure(settings: Settings, part: str) -> None:
    """Set up logging for one process; every line names the part it comes from. Goes to standard error."""
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(part=part)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    # Celery's strategy logs each message before it passes it on, which delays the claim; our own lines say the same.
    for noisy in ("httpx", "httpcore", "alembic", "celery.utils.functional", "celery.worker.strategy", "kombu"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove values that are named like a secret or look like a key or a password in an address."""
    for name, value in event.items():
        if _SECRET_NAMES.search(name):
            event[name] = "[redacted]"
        elif isinstance(value, str):
            event[name] = _SECRET_TEXT.sub(r"\1\2\3[redacted]\4", value)
    return event
