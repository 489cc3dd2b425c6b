"""How does the ledger of effects look to gates?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.scheduling.budgets import Used, spaced_until, uses
from shared.scheduling.facts import AccountState, ScopeUse


def share_of(account: AccountState, now: datetime) -> float:
    """What a cooldown has left of the account's budgets, of 1."""
    return 1.0 if account.cooldown is None else account.cooldown.share_at(now)


def counted(account: AccountState, ledger: Mapping[str, Sequence[Used]], action: str, now: datetime) -> tuple[ScopeUse, ...]:
    """How full the account's scopes are, for one action; `ledger` has what occupies each scope."""
    share = share_of(account, now)
    return tuple(
        ScopeUse(
            scope,
            tuple(uses(limits, ledger.get(scope, ()), now, share=share)),
            spaced_until(limits, ledger.get(scope, ()), action, now),
        )
        for scope, limits in account.limits
    )
