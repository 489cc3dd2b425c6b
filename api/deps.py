"""Which dependencies do the routes share?"""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel

from api.middleware.context import correlation_id_of
from connectors.http.egress import Egress
from connectors.oauth import oauth_clients
from connectors.registry import MANIFESTS, platform_names
from shared.accounts.ability import Abilities
from shared.accounts.oauth import OAuthOf
from shared.accounts.platform import PlatformFacts, Platforms
from shared.crypto import Keyring
from shared.db.database import Database
from shared.errors import Invalid
from shared.hosts.relay import Relay
from shared.identity.caller import Caller
from shared.identity.sessions.terms import Terms
from shared.identity.sign_in.log_in import From, LoginContext
from shared.settings import Settings
from shared.task_types.inbox_sync import SPEC as READING
from shared.tasks.idempotency import HEADER, Idempotency
from shared.tasks.pauses.scope import Places

_LONGEST_KEY = 255
_LONGEST_ADDRESS = 100
_LONGEST_AGENT = 200


def platforms(settings: Settings) -> Platforms:
    """Return how accounts of every platform sign in, from the connectors' manifests."""
    return {
        platform: PlatformFacts(
            name=manifest.name,
            origin=manifest.origin,
            practice_origin=f"http://127.0.0.1:{settings.sandbox_port}/{platform}",
            browser=frozenset(can.transport for can in manifest.capabilities if can.transport != "api"),
            oauth=manifest.oauth is not None,
            secret_kind=manifest.secret.kind if manifest.secret else "",
            secret_fields=manifest.secret.fields if manifest.secret else (),
            inbox=frozenset(can.transport for can in manifest.capabilities if can.name == READING.capability),
        )
        for platform, manifest in MANIFESTS.items()
    }


def _desk(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _abilities(request: Request) -> Abilities:
    known: Abilities = request.app.state.abilities
    return known


def _places(request: Request) -> Places:
    return Places(platform_names(), _abilities(request))


def _egress(request: Request) -> Egress:
    egress: Egress = request.app.state.egress
    return egress


def _platforms(request: Request) -> Platforms:
    return platforms(_settings(request))


def _oauth(request: Request) -> OAuthOf:
    return oauth_clients(_settings(request), _egress(request))


def _keyring(request: Request) -> Keyring:
    return _settings(request).keyring()


async def _login_context(request: Request) -> LoginContext:
    settings, state = _settings(request), request.app.state
    return LoginContext(
        keyring=settings.keyring(),
        token_keys=await state.token_keys.keyring(),
        passwords=state.passwords,
        throttle=state.throttle,
        terms=Terms(settings.session_idle_d, settings.session_d),
        access_s=settings.access_token_s,
        clock=state.clock,
    )


def _come_from(request: Request) -> From:
    address = request.client.host if request.client else "unknown"
    agent = "".join(letter for letter in request.headers.get("User-Agent", "") if letter.isprintable())
    return From(address[:_LONGEST_ADDRESS], agent[:_LONGEST_AGENT])


def _relay(request: Request) -> Relay:
    relay: Relay = request.app.state.relay
    return relay


TheDatabase = Annotated[Database, Depends(_desk)]
TheSettings = Annotated[Settings, Depends(_settings)]
TheAbilities = Annotated[Abilities, Depends(_abilities)]
ThePlaces = Annotated[Places, Depends(_places)]
TheEgress = Annotated[Egress, Depends(_egress)]
TheLoginContext = Annotated[LoginContext, Depends(_login_context)]
ComeFrom = Annotated[From, Depends(_come_from)]
ThePlatforms = Annotated[Platforms, Depends(_platforms)]
TheOAuth = Annotated[OAuthOf, Depends(_oauth)]
TheKeyring = Annotated[Keyring, Depends(_keyring)]
TheRelay = Annotated[Relay, Depends(_relay)]
CorrelationId = Annotated[str, Depends(correlation_id_of)]


def idempotency_of(request: Request, caller: Caller, body: BaseModel) -> Idempotency | None:
    """Return the request's `Idempotency-Key`, if it has one.

    Raises:
        Invalid: it is not 1 to 255 visible ASCII characters.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (1 <= len(key) <= _LONGEST_KEY and all("!" <= letter <= "~" for letter in key)):
        raise Invalid(field=HEADER, message=f"A key has 1 to {_LONGEST_KEY} visible ASCII characters.")
    same = hashlib.sha256(f"{request.url.path}\n{body.model_dump_json()}".encode()).hexdigest()
    return Idempotency(caller.workspace_id, key, same)
