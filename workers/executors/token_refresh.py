"""How is a `token_refresh` done? By asking the platforms of all accounts whose tokens are due, each once."""

from __future__ import annotations

from shared.accounts.refresh_due import refresh_due
from shared.task_types.token_refresh import SPEC, TokenRefreshPayload, TokenRefreshResult
from workers.executors.contract import Executor, Work


async def perform(work: Work[TokenRefreshPayload]) -> TokenRefreshResult:
    """Refresh what is due."""
    done = await refresh_due(by=work.refresher)
    return TokenRefreshResult(refreshed=done.refreshed, failed=done.failed, paused=done.paused)


EXECUTOR = Executor(SPEC, perform)
