"""What do routes get handed in?"""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel

from api.middleware.context import correlation_id_of
from connectors.http.egress import Egress
from connectors.registry import MANIFESTS
from shared.accounts.ability import Abilities, Ability, Way
from shared.crypto import Keyring
from shared.db.desk import Desk
from shared.errors import Invalid
from shared.identity.caller import Caller
from shared.settings import Settings
from shared.tasks.once import HEADER, Once

_LONGEST_KEY = 255


def abilities() -> Abilities:
    """What every connector's manifest says it can and cannot do."""
    found: dict[Way, Ability] = {}
    for platform, manifest in MANIFESTS.items():
        for no in manifest.unsupported:
            found[Way(platform, no.name, no.transport)] = Ability(unsupported=no.reason)
        for can in manifest.capabilities:
            found[Way(platform, can.name, can.transport)] = Ability(max_text=can.max_text)
    return found


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _abilities(request: Request) -> Abilities:
    known: Abilities = request.app.state.abilities
    return known


def _egress(request: Request) -> Egress:
    egress: Egress = request.app.state.egress
    return egress


def _keyring(request: Request) -> Keyring:
    return _settings(request).keyring()


TheDesk = Annotated[Desk, Depends(_desk)]
TheSettings = Annotated[Settings, Depends(_settings)]
TheAbilities = Annotated[Abilities, Depends(_abilities)]
TheEgress = Annotated[Egress, Depends(_egress)]
TheKeyring = Annotated[Keyring, Depends(_keyring)]
CorrelationId = Annotated[str, Depends(correlation_id_of)]


def once(request: Request, caller: Caller, body: BaseModel) -> Once | None:
    """The request's `Idempotency-Key`, if it has one.

    Raises:
        Invalid: it is not 1 to 255 visible ASCII characters.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not (1 <= len(key) <= _LONGEST_KEY and all("!" <= letter <= "~" for letter in key)):
        raise Invalid(field=HEADER, message=f"A key has 1 to {_LONGEST_KEY} visible ASCII characters.")
    same = hashlib.sha256(f"{request.url.path}\n{body.model_dump_json()}".encode()).hexdigest()
    return Once(caller.workspace_id, key, same)
