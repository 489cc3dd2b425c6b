"""An owner reads a platform's rule on automation and accepts it for an account, or withdraws that."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shared.accounts.find import existing
from shared.accounts.store import consents
from shared.db import events
from shared.db.database import Database
from shared.engine.rules.policy import policy_for
from shared.engine.store import tasks
from shared.errors import Conflict
from shared.identity.caller import Caller


class ConsentView(BaseModel):
    """The platform's rule about acting through this account, and whether the owner has accepted it."""

    platform: str
    account: str
    policy: Literal["allowed", "needs_consent", "unsupported", "forbidden"]
    rule: str = Field(description="In short; empty where nothing stands against it.")
    source: str = Field(description="Where the platform says so.")
    accepted: bool


async def show_consent(*, database: Database, caller: Caller, platform: str, handle: str) -> ConsentView:
    """Return the rule that holds for an account.

    Raises:
        NotFound: there is no such account.
    """
    async with database.read(caller.workspace_id) as connection:
        account = await existing(connection, platform, handle)
        rule = policy_for(platform, account.transport, practice=account.practice)
        accepted = await consents.exists(connection, account.id, rule.rule)
    return ConsentView(
        platform=platform, account=handle, policy=rule.word, rule=rule.rule, source=rule.source, accepted=accepted
    )


async def give_consent(*, database: Database, caller: Caller, platform: str, handle: str, accept: bool) -> ConsentView:
    """Record that the rule is accepted for this account, or no longer, with its event.

    Raises:
        NotFound: there is no such account.
        Conflict: the platform forbids it whatever the owner accepts.
    """
    async with database.change(caller.workspace_id) as connection:
        account = await existing(connection, platform, handle)
        rule = policy_for(platform, account.transport, practice=account.practice)
        if accept and rule.word in {"forbidden", "unsupported"}:
            raise Conflict(code=rule.word, field="accept", message=f"{rule.rule} ({rule.source})")
        if accept:
            await consents.keep(connection, caller.workspace_id, account.id, rule.rule, caller.name)
            await tasks.wake(connection, f"consent:{account.id}")
        else:
            await consents.remove(connection, account.id)
        data = {"platform": platform, "account": handle, "rule": rule.rule, "accepted": accept, "by": caller.name}
        await events.append(connection, caller.workspace_id, "account.consent", data)
    return ConsentView(
        platform=platform, account=handle, policy=rule.word, rule=rule.rule, source=rule.source, accepted=accept
    )
