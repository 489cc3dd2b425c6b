"""How does an account sign in at a platform's API? Data of the manifest: adding a platform is adding a table of these.

Every figure and address has its `source`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Where the platform says whose token it is: an address for GET, and the way to id and handle in its JSON answer."""

    url: str
    id: tuple[str, ...]
    handle: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OAuth:
    """OAuth 2 with PKCE at one platform.

    `client_auth` says how our app shows itself: by HTTP Basic, with its secret in the body, or not at all (a public
    client). `client_id_name` and `challenge` are quirks of some platforms. `authorize_extra` goes into the address that a
    person opens. `dead` are the error codes after which the token never works again; every other error may pass.
    """

    authorize_url: str
    exchange_url: str
    scopes: tuple[str, ...]
    who: WhoAmI
    source: str
    revoke_url: str = ""
    client_auth: Literal["basic", "body", "none"] = "body"
    client_id_name: str = "client_id"
    scope_separator: str = " "
    challenge: Literal["base64url", "hex"] = "base64url"
    authorize_extra: tuple[tuple[str, str], ...] = ()
    dead: frozenset[str] = frozenset({"invalid_grant"})


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that a person copies from the platform: what kind, and what its parts are called."""

    kind: Literal["api_key", "app_password"]
    fields: tuple[str, ...]
    source: str
