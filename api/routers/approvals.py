"""Approvals: tasks that wait for one, deciding about many, and the rules."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from api.deps import TheAbilities, TheDatabase
from api.guard import Approver, GuardedRoute, Manager, Reader
from api.schemas.approvals import (
    DECISIONS_EXAMPLES,
    RULES_EXAMPLES,
    DecisionsBody,
    RulesBody,
    RulesView,
    view_rules,
)
from api.schemas.parameter import Cursor, Limit
from shared.approvals.rules import set_rules, show_rules
from shared.tasks.approvals.decide_many import AllDecided, decide_tasks
from shared.tasks.approvals.find import ApprovalPage, list_approvals

router = APIRouter(prefix="/api/approvals", tags=["approvals"], route_class=GuardedRoute)


@router.get("")
async def list_(caller: Reader, database: TheDatabase, cursor: Cursor = None, limit: Limit = 50) -> ApprovalPage:
    """List the tasks that wait for approval, oldest first, with their payload and that payload's version."""
    return await list_approvals(database=database, caller=caller, cursor=cursor, limit=limit)


@router.post("/decide")
async def decide(
    caller: Approver,
    database: TheDatabase,
    abilities: TheAbilities,
    body: Annotated[DecisionsBody, Body(openapi_examples=DECISIONS_EXAMPLES)],
) -> AllDecided:
    """Approve and reject up to 100 tasks; each has its own result, and a failed one does not affect the others."""
    decisions = [one.as_decision() for one in body.decisions]
    return await decide_tasks(database=database, caller=caller, decisions=decisions, abilities=abilities)


@router.get("/rules")
async def get_rules(caller: Reader, database: TheDatabase) -> RulesView:
    """Show the rules that say which tasks need approval."""
    return view_rules(await show_rules(database=database, caller=caller))


@router.put("/rules")
async def update_rules(
    caller: Manager,
    database: TheDatabase,
    abilities: TheAbilities,
    body: Annotated[RulesBody, Body(openapi_examples=RULES_EXAMPLES)],
) -> RulesView:
    """Set the rules that say which tasks need approval: all of them, in their order."""
    rules = [one.rule() for one in body.rules]
    made = await set_rules(database=database, caller=caller, wanted=rules, abilities=abilities, four_eyes=body.four_eyes)
    return view_rules(made)
