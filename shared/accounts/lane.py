"""On which lane does an account act?"""

from __future__ import annotations


def lane_for(transport: str, platform: str, host: str | None) -> str:
    """Return the lane of an account."""
    match transport:
        case "api":
            return f"api.{platform}"
        case "safari":
            return f"safari.{host}"
        case _:
            return f"{transport}.{host}.{platform}"
