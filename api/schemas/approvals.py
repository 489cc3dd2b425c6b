"""What does a client send to approve, to reject, or to set the rules of approval?"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from api.schemas.instant import Instant
from api.schemas.names import Platform, TypeName
from api.schemas.tasks import WHOLE, AnyPayload, Body, Id
from shared.approvals.rules import Rules
from shared.engine.rules.approval import WAITS_S, Approval, Author, Rule
from shared.task_types.spec import LINE_BREAKS
from shared.tasks.approvals.approve import ApprovalWord
from shared.tasks.approvals.decide_many import TaskDecision
from shared.validation import SHOWN_TEXT

MOST_RULES = 50
MOST_DECISIONS = 100
LONGEST_S = 90 * 86_400
LONGEST_WINDOW_S = 30 * 86_400
Reason = Annotated[str, StringConstraints(pattern=SHOWN_TEXT, min_length=1, max_length=1000), LINE_BREAKS]
PayloadHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
RuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,59}$")]
_HASH = "The version of the payload that was seen: `payload_hash` of the task."


class ApproveBody(Body):
    """The payload that was seen, and optionally another one to replace it."""

    payload_hash: PayloadHash = Field(description=_HASH)
    payload: AnyPayload | None = Field(None, description="Approve this in its place; needs the scope `submit` too.")

    def as_word(self) -> ApprovalWord:
        """Return what the approver says."""
        return ApprovalWord(self.payload_hash, self.payload)


class RejectBody(Body):
    """The reason for a rejection."""

    reason: Reason


class ApproveOne(Body):
    """Approve a task with the payload that was seen."""

    decision: Literal["approve"]
    task_id: Id
    payload_hash: PayloadHash = Field(description=_HASH)

    def as_decision(self) -> TaskDecision:
        """Return what the approver decides."""
        return TaskDecision(self.task_id, ApprovalWord(self.payload_hash), "")


class RejectOne(Body):
    """Reject a task."""

    decision: Literal["reject"]
    task_id: Id
    reason: Reason

    def as_decision(self) -> TaskDecision:
        """Return what the approver decides."""
        return TaskDecision(self.task_id, None, self.reason)


class DecisionsBody(Body):
    """Decisions that do not depend on each other."""

    decisions: list[Annotated[ApproveOne | RejectOne, Field(discriminator="decision")]] = Field(
        min_length=1, max_length=MOST_DECISIONS
    )


class BudgetBody(Body):
    """At most so many in any window."""

    max: Annotated[int, Field(strict=True, ge=1, le=100_000), WHOLE]
    window_s: Annotated[int, Field(strict=True, ge=60, le=LONGEST_WINDOW_S), WHOLE] = 86_400


class RuleBody(Body):
    """A rule for the tasks that it names; a property that it leaves out may have any value."""

    name: RuleName
    approval: Approval = Field(
        description="`each`: by somebody. `auto`: by this rule, until `until` and within `budget`. `never`: needs none."
    )
    persona_id: Id | None = None
    platform: Platform | None = None
    type: TypeName | None = None
    author: Author | None = None
    waits_s: Annotated[int, Field(strict=True, ge=60, le=LONGEST_S), WHOLE] = Field(
        WAITS_S, description="So long somebody may approve; then the task is cancelled (seconds)."
    )
    until: Instant | None = Field(None, description="Of `auto`: from then on the rule is as if it were not there.")
    covers_time: Annotated[bool, Field(strict=True)] = Field(
        default=True, description="Whether an approval is of the task's time, too: at another time it is approved anew."
    )
    budget: BudgetBody | None = Field(None, description="Of `auto`: what is beyond waits for somebody.")

    def rule(self) -> Rule:
        """Return it as the engine takes it."""
        rule = Rule(**{name: getattr(self, name) for name in RuleBody.model_fields if name != "budget"})
        return rule if self.budget is None else replace(rule, most=self.budget.max, window_s=self.budget.window_s)


class RulesBody(Body):
    """All rules, in their order: the first that matches a task decides."""

    rules: list[RuleBody] = Field(max_length=MOST_RULES)
    four_eyes: bool | None = Field(
        None,
        strict=True,
        description="Whether what AI wrote is approved by a person other than who ordered it; null leaves it as it is.",
    )


class RulesView(BaseModel):
    """All rules, in their order; where none matches, only what AI wrote needs approval."""

    rules: list[RuleBody]
    four_eyes: bool = Field(description="What AI wrote is approved by a person other than who ordered it.")


def view_rules(rules: Rules) -> RulesView:
    """Return rules as they were set."""
    bodies = []
    for rule in rules.rules:
        own = {name: getattr(rule, name) for name in RuleBody.model_fields if name != "budget"}
        budget = None if rule.most is None else BudgetBody(max=rule.most, window_s=rule.window_s)
        bodies.append(RuleBody.model_construct(**own, budget=budget))
    return RulesView.model_construct(rules=bodies, four_eyes=rules.four_eyes)


_SEEN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_TASK = "01990f3c-7b1e-7c31-9a52-3f0d8e6b4a10"
APPROVE_EXAMPLES: dict[str, Any] = {
    "seen": {"summary": "What was seen", "value": {"payload_hash": _SEEN}},
    "edited": {
        "summary": "Other words in its place",
        "value": {"payload_hash": _SEEN, "payload": {"to": "maple_studio", "text": "Thank you for the talk."}},
    },
}
REJECT_EXAMPLES: dict[str, Any] = {"tone": {"summary": "Say why", "value": {"reason": "Not our tone."}}}
DECISIONS_EXAMPLES: dict[str, Any] = {
    "both": {
        "summary": "One of each",
        "value": {
            "decisions": [
                {"decision": "approve", "task_id": _TASK, "payload_hash": _SEEN},
                {"decision": "reject", "task_id": _TASK, "reason": "Said already."},
            ]
        },
    }
}
RULES_EXAMPLES: dict[str, Any] = {
    "careful": {
        "summary": "Ten AI comments a day by themselves, every message by a person",
        "value": {
            "rules": [
                {"name": "messages", "approval": "each", "type": "dm", "waits_s": 86400},
                {"name": "ten a day", "approval": "auto", "type": "comment", "author": "ai", "budget": {"max": 10}},
            ]
        },
    }
}
