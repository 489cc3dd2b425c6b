"""What may an account's platform be asked to do? Collected from the connectors' manifests, which are not imported here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shared.errors import Invalid
from shared.outward_content import Content, Measure, Problem


class Way(NamedTuple):
    """A capability of a platform over a transport."""

    platform: str
    capability: str
    transport: str


def nothing_against(content: Content) -> list[Problem]:
    """Return no problem with any content: the measure of capabilities that send none."""
    del content
    return []


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether a capability exists: the function that finds problems of content, or the reason why there is none."""

    measure: Measure = nothing_against
    unsupported: str = ""


Abilities = Mapping[Way, Ability]


def platforms_in(abilities: Abilities) -> frozenset[str]:
    """Return every platform of which something is known."""
    return frozenset(way.platform for way in abilities)


def able(abilities: Abilities, capability: str) -> frozenset[str]:
    """Return every platform that has a capability, over any transport."""
    return frozenset(way.platform for way, of in abilities.items() if way.capability == capability and not of.unsupported)


def require(abilities: Abilities, way: Way, *, field: str) -> Ability:
    """Return the ability for a way.

    Raises:
        Invalid: there is none; the message carries the reason.
    """
    found = abilities.get(way) or Ability(unsupported=f"{way.platform} cannot do {way.capability!r} over {way.transport}.")
    if found.unsupported:
        raise Invalid(code="unsupported", field=field, message=found.unsupported)
    return found
