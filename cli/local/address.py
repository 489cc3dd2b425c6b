"""At which addresses are this home's servers and its gateway reached?"""

from __future__ import annotations

import re

from cli.local.servers import cluster, wire
from shared.settings import Settings


def with_servers(settings: Settings) -> Settings:
    """Return the settings with the addresses of the home's own servers, where none are set and they were started once."""
    return settings.model_copy(
        update={
            "database_url": settings.database_url or cluster.recorded_url(settings.home),
            "redis_url": settings.redis_url or wire.recorded_url(settings.home),
        }
    )


def gateway_url(settings: Settings) -> str:
    """Return the gateway's address on this machine."""
    return f"http://{_reachable(settings.host)}:{settings.port}"


def flower_url(settings: Settings) -> str:
    """Return Flower's address on this machine."""
    return f"http://127.0.0.1:{settings.flower_port}"


def sandbox_url(settings: Settings) -> str:
    """Return the practice sites' address on this machine."""
    return f"http://127.0.0.1:{settings.sandbox_port}"


def plain(url: str) -> str:
    """Return a PostgreSQL address as libpq and other tools read it, without SQLAlchemy's driver."""
    return "postgresql://" + url.split("://", 1)[1] if "://" in url else url


def masked(url: str) -> str:
    """Return an address without its password, so that it may be shown."""
    return re.sub(r"^(?P<upto>[^/]*//[^/?#:@]*):[^/?#]*@", r"\g<upto>:***@", url)


def _reachable(host: str) -> str:
    """Return an address to connect to: a server that listens everywhere is reached over loopback."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
