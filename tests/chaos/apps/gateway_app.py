"""The real gateway over the test platforms, started as `python -m tests.chaos.apps.gateway_app`."""

from __future__ import annotations

from tests.chaos import plug  # isort: skip - first: the registry is read once
from api.__main__ import main

__all__ = ["plug"]

if __name__ == "__main__":
    main()
