"""How is the ledger of effects summed up for gates?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.engine.rules.budgets import NEVER, Full, Share, Tally, Used, full_of, spaced_until, uses
from shared.engine.rules.facts import AccountState, ScopeUse
from shared.engine.rules.limits import Limits


def share_of(account: AccountState, scope: str, now: datetime) -> Share | None:
    """Return the part of a scope's budgets that a cooldown leaves; None for all. Only the account's own scope has less."""
    if account.cooldown is None or not scope.startswith("account:"):
        return None
    return account.cooldown.share_at(now)


def counted(account: AccountState, ledger: Mapping[str, Sequence[Used]], action: str, now: datetime) -> tuple[ScopeUse, ...]:
    """Return how full the account's scopes are, for one action; `ledger` has what occupies each scope."""
    return tuple(
        ScopeUse(
            scope,
            tuple(uses(limits, ledger.get(scope, ()), now, share=share_of(account, scope, now))),
            spaced_until(limits, ledger.get(scope, ()), action, now),
        )
        for scope, limits in account.limits
    )


@dataclass(frozen=True, slots=True)
class ScopeStanding:
    """The use of one scope's rules, and the effects that its pauses may still follow."""

    key: str
    limits: Limits
    tallies: tuple[Tally, ...]
    recent: tuple[Used, ...]

    def with_one(self, effect: Used) -> ScopeStanding:
        """Return how it stands after one more effect that has not settled."""
        return replace(
            self,
            tallies=tuple(tally.with_one(effect.action, effect.call_deadline) for tally in self.tallies),
            recent=(*self.recent, effect) if self.limits.spacing else (),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How the scopes of some accounts stand: what they come to, without their rows, however many a window holds.

    A scope that accounts share is there once for each set of limits that they have there.
    """

    scopes: Mapping[tuple[str, Limits], ScopeStanding] = field(default_factory=dict)

    def for_action(self, account: AccountState, action: str, now: datetime) -> tuple[ScopeUse, ...]:
        """Return what gates read of an account's scopes, for one action."""
        return tuple(
            ScopeUse(one.key, tuple(t.use() for t in one.tallies), spaced_until(one.limits, one.recent, action, now))
            for one in (self.scopes[limited] for limited in account.limits)
        )

    def with_one(self, account: AccountState, effect: Used) -> Standing:
        """Return how they stand after one more effect of an account that has not settled."""
        changed = {
            limited: one.with_one(effect) for limited, one in self.scopes.items() if limited[0] in account.budget_scopes
        }
        return Standing({**self.scopes, **changed})

    def full(self, now: datetime) -> list[Full]:
        """Return what has to be parked now: of a scope that stands several times the latest opening of each gate."""
        latest: dict[tuple[str, str], Full] = {}
        for one in self.scopes.values():
            for full in full_of(one.key, one.limits, [tally.use() for tally in one.tallies], one.recent, now):
                known = latest.get((full.key, full.gate))
                if known is None or (known.opens_at or NEVER) < (full.opens_at or NEVER):
                    latest[full.key, full.gate] = full
        return list(latest.values())
