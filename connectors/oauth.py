"""Which platforms can be signed in at by OAuth, and with which app of ours?"""

from __future__ import annotations

from connectors.http.egress import Egress
from connectors.http.oauth import Client, OAuthFlow
from connectors.registry import MANIFESTS
from shared.accounts.oauth import OAuthOf
from shared.errors import Conflict, NotFound
from shared.settings import Settings


def oauth_clients(settings: Settings, egress: Egress) -> OAuthOf:
    """Return the OAuth of each platform, by its key; see `shared/accounts/oauth.py`."""

    def find(platform: str) -> OAuthFlow:
        manifest = MANIFESTS.get(platform)
        if manifest is None:
            raise NotFound(field="platform", message=f"There is no connector for {platform!r}.")
        if manifest.oauth is None:
            raise Conflict(code="unsupported", field="platform", message=f"{manifest.name} is not connected by OAuth.")
        app_id, secret = settings.oauth_client(platform)
        return OAuthFlow(egress, manifest.oauth, Client(app_id, secret, settings.oauth_redirect))

    return find
