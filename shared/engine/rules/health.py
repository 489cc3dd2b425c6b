"""Can an account act now, and if not: why, and until when? In one word, for overviews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.engine.rules.budgets import Use
from shared.engine.rules.facts import AccountState, Facts
from shared.engine.rules.gates import HOST_SILENT_AFTER

Word = Literal["connected", "paused", "blocked", "disconnected", "broken", "cooldown"]


@dataclass(frozen=True, slots=True)
class Health:
    """`broken`: the cause lies outside the account: a changed page, a destination without an answer, a silent host."""

    state: Word
    reason: str = ""
    until: datetime | None = None


def health_of(account: UUID, platform: str, workspace: UUID, world: Facts) -> Health:
    """Return the first obstacle: the account's own state, a pause, what is broken, its cooldown."""
    known = world.accounts[account]
    return next(_troubles(account, known, platform, workspace, world), Health("connected"))


def _troubles(account: UUID, known: AccountState, platform: str, workspace: UUID, world: Facts) -> Iterator[Health]:
    if known.state != "connected" and (known.until is None or known.until > world.now):
        yield Health(_word(known.state), known.reason or "", known.until)
    for gate, keys in (("kill", ("all",)), ("system", ("all", f"platform:{platform}", f"account:{account}"))):
        if held := world.parked(gate, keys, workspace):
            yield Health("paused", held.reason, held.opens_at)
    yield from _broken(known, platform, workspace, world)
    rest = known.cooldown
    if rest is not None and rest.until > world.now:
        yield Health("cooldown", f"the account rests after {rest.cause.replace('_', ' ')}", rest.until)


def _word(state: str) -> Word:
    words: dict[str, Word] = {"paused": "paused", "blocked": "blocked"}
    return words.get(state, "disconnected")


def _broken(known: AccountState, platform: str, workspace: UUID, world: Facts) -> Iterator[Health]:
    prefix = f"capability:{platform}:"
    for scope in world.scopes:
        if scope.gate == "connection" and scope.workspace_id == workspace and scope.key.startswith(prefix):
            yield Health("broken", f"{scope.key.removeprefix(prefix)}: {scope.reason}", scope.opens_at)
    prefix = f"{platform}:{known.transport}:"
    for (owner, key), broken in sorted(world.breakers.items()):
        if owner == workspace and key.startswith(prefix):
            rests = broken.opens_at > world.now
            said = f"{broken.failures} failures in a row" + ("" if rests else ", the next task tries it")
            yield Health("broken", f"{key.removeprefix(prefix)}: {said}", broken.opens_at if rests else None)
    if known.host is not None and (known.host_seen_at is None or world.now - known.host_seen_at > HOST_SILENT_AFTER):
        yield Health("broken", f"the keeper of host {known.host} is silent")


def tightest(found: Iterable[Use]) -> Use | None:
    """Return the rule with the smallest share left; None where nothing is limited."""
    return max(found, key=lambda use: use.used / use.max if use.max else float("inf"), default=None)
