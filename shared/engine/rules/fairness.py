"""Whose turn is it on a lane that several workspaces use? Start-time fair queuing, by weight.

What a workspace has had of a lane is counted in messages over its weight. Whoever has had least is next, within the same
rank. Who did not wait gathers nothing: whoever comes back starts where those stand who waited.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Turns:
    """What each workspace has had of each lane since it began to wait there."""

    _had: dict[tuple[str, UUID], float] = field(default_factory=dict)

    def wait(self, lane: str, workspaces: Collection[UUID]) -> None:
        """These wait for the lane now, and nobody else."""
        for gone in [key for key in self._had if key[0] == lane and key[1] not in workspaces]:
            del self._had[gone]
        begins = min((self._had[lane, one] for one in workspaces if (lane, one) in self._had), default=0.0)
        for one in workspaces:
            self._had[lane, one] = max(self._had.get((lane, one), begins), begins)

    def had(self, lane: str, workspace: UUID) -> float:
        """How much of the lane a workspace has had."""
        return self._had.get((lane, workspace), 0.0)

    def take(self, lane: str, workspace: UUID, messages: float, weight: int) -> None:
        """A workspace of this weight takes part of the lane."""
        self._had[lane, workspace] = self.had(lane, workspace) + messages / weight
