"""How does the ledger of effects look to gates?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.scheduling.budgets import Share, Used, spaced_until, uses
from shared.scheduling.facts import AccountState, ScopeUse


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
