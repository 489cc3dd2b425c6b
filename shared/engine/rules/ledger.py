"""How does the ledger of effects look to gates?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.engine.rules.budgets import Full, Share, Tally, Used, full_of, spaced_until, uses
from shared.engine.rules.facts import AccountState, ScopeUse
from shared.engine.rules.limits import Limits


def share_of(account: AccountState, scope: str, now: datetime) -> Share | None:
    """What a cooldown leaves of a scope's budgets; None for all. One account's rest makes nobody else's budgets smaller."""
    if account.cooldown is None or not scope.startswith("account:"):
        return None
    return account.cooldown.share_at(now)


def counted(account: AccountState, ledger: Mapping[str, Sequence[Used]], action: str, now: datetime) -> tuple[ScopeUse, ...]:
    """How full the account's scopes are, for one action; `ledger` has what occupies each scope."""
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
    """How full one scope's rules are, and the effects that its pauses may still follow."""

    key: str
    limits: Limits
    tallies: tuple[Tally, ...]
    recent: tuple[Used, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account's scopes stand: what they come to, without their rows, however many a window holds."""

    scopes: tuple[ScopeStanding, ...] = ()

    def for_action(self, action: str, now: datetime) -> tuple[ScopeUse, ...]:
        """As gates read it, for one action."""
        return tuple(
            ScopeUse(one.key, tuple(t.use() for t in one.tallies), spaced_until(one.limits, one.recent, action, now))
            for one in self.scopes
        )

    def with_one(self, effect: Used) -> Standing:
        """How they stand after one more effect that has not settled."""
        return Standing(
            tuple(
                replace(
                    one,
                    tallies=tuple(tally.with_one(effect.action, effect.call_deadline) for tally in one.tallies),
                    recent=(*one.recent, effect) if one.limits.spacing else (),
                )
                for one in self.scopes
            )
        )

    def full(self, now: datetime) -> list[Full]:
        """What has to be parked now."""
        return [
            full
            for one in self.scopes
            for full in full_of(one.key, one.limits, [tally.use() for tally in one.tallies], one.recent, now)
        ]
