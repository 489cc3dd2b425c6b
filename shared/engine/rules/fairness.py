"""Which workspace is next on a lane that several use? Start-time fair queuing, by weight.

The use of a lane by a workspace is counted in messages over its weight. Within the same rank the one with the least use is
next. A workspace gains nothing while it does not wait: when it returns it starts level with those that waited.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Turns:
    """Each workspace's use of each lane since it began to wait there."""

    _had: dict[tuple[str, UUID], float] = field(default_factory=dict)

    def wait(self, lane: str, workspaces: Collection[UUID]) -> None:
        """Set the workspaces that wait for the lane now."""
        for gone in [key for key in self._had if key[0] == lane and key[1] not in workspaces]:
            del self._had[gone]
        begins = min((self._had[lane, one] for one in workspaces if (lane, one) in self._had), default=0.0)
        for one in workspaces:
            self._had[lane, one] = max(self._had.get((lane, one), begins), begins)

    def had(self, lane: str, workspace: UUID) -> float:
        """Return how much of the lane a workspace has used."""
        return self._had.get((lane, workspace), 0.0)

    def take(self, lane: str, workspace: UUID, messages: float, weight: int) -> None:
        """Count the use of part of the lane by a workspace of this weight."""
        self._had[lane, workspace] = self.had(lane, workspace) + messages / weight
