"""The real gateway with one platform more, at a local OAuth server; started as `python -m tests.support.oauth_gateway`."""

from __future__ import annotations

import os

from connectors.registry import MANIFESTS
from tests.support.oauth_server import Provider

if __name__ == "__main__":
    MANIFESTS["oauthland"] = Provider(url=os.environ["OAUTHLAND_URL"]).manifest()
    from api.__main__ import main

    main()
