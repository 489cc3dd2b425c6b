"""What do the workspace's rules decide about these tasks?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.approvals import repository
from shared.engine.rules.approval import Asking, Requirement, Rule, decide


async def decide_all(
    connection: AsyncConnection, workspace: UUID, asking: Sequence[Asking], now: datetime
) -> list[Requirement]:
    """Return a decision for each, in their order; earlier ones use up a rule's budget.

    A caller that counts a budget locks others out until the transaction ends.
    """
    rules = await repository.rules(connection, workspace)
    room = await _room(connection, workspace, [rule for rule in rules if rule.approval == "auto"], now)

    def take(rule: Rule) -> bool:
        left = room.get(rule.name)
        if left is not None:
            room[rule.name] = left - 1
        return left is None or left > 0

    return [decide(rules, one, now, take) for one in asking]


async def _room(connection: AsyncConnection, workspace: UUID, rules: Sequence[Rule], now: datetime) -> dict[str, int]:
    """Return how many tasks each rule that has a budget may still approve."""
    bounded = [(rule, rule.most) for rule in rules if rule.most is not None]
    if bounded:
        await repository.count_alone(connection, workspace)
    return {rule.name: most - await repository.approved_by(connection, workspace, rule, now) for rule, most in bounded}
