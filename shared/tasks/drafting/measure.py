"""Can a task's content be sent at all? What never can be is refused when it is ordered, not at its hour.

It is measured as it will be sent, by the function of its platform's connector: with the persona's disclosure, and with the
shortest possible result for each reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.accounts.ability import Abilities, Ability
from shared.errors import Invalid
from shared.outward_content import Content, Problem
from shared.task_types.payload.reference import shortest
from shared.task_types.spec import Payload
from shared.tasks.drafting.disclosure import closed_with


def require_sendable(payload: Payload, ability: Ability, abilities: Abilities, *, disclosure: str, field: str) -> None:
    """Check that content can be sent, by its own platform or a replacing one; `disclosure` ends what AI wrote.

    Raises:
        Invalid: it can never be sent; with the first problem's code, at its place in the payload.
    """
    for said in payload.contents():
        content = replace(said.content, text=shortest(said.content.text))
        if said.discloses:
            content = replace(content, text=closed_with(content.text, disclosure))
        # A value that is not known yet is measured when it is filled in.
        problems = [one for one in ability.measure(content) if not payload.refers_at(said.name_of(one.field))]
        if problems and not any(_takes(other, content, payload.adapted(), abilities) for other in payload.instead()):
            first = problems[0]
            raise Invalid(code=first.code, field=f"{field}payload.{said.name_of(first.field)}", message=_said(problems))


def _takes(platform: str, content: Content, adapted: frozenset[str], abilities: Abilities) -> bool:
    """Return whether a platform accepts this content over any transport, once these fields are adapted to it."""
    ways = [of for way, of in abilities.items() if (way.platform, way.capability) == (platform, content.action)]
    usable = [of for of in ways if not of.unsupported]
    return any(adapted.issuperset(problem.field for problem in of.measure(content)) for of in usable)


def _said(problems: Sequence[Problem]) -> str:
    return " ".join(dict.fromkeys(problem.message for problem in problems))
