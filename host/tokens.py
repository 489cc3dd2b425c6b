"""Which fencing token is the lowest that a lane of this host still accepts? Kept in a file, which survives a restart."""

from __future__ import annotations

import json
from pathlib import Path

from shared.errors import NotConfigured, Transient
from shared.private_file import write_private


class LaneTokens:
    """The lowest token that each lane accepts, stored before anything is done under a higher one."""

    def __init__(self, path: Path) -> None:
        """Read the stored tokens.

        Raises:
            NotConfigured: the file is damaged.
        """
        self._path = path
        self._lowest: dict[str, int] = {}
        try:
            kept = json.loads(path.read_text())
            self._lowest = {str(lane): int(token) for lane, token in kept.items()}
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            message = f"{path} cannot be read. Join this host again, with an empty home, after its tasks were settled."
            raise NotConfigured(setting="CALLSHEET_HOME", message=message) from error

    def lowest(self, lane: str) -> int:
        """Return the lowest token that the lane accepts."""
        return self._lowest.get(lane, 0)

    def raise_to(self, lane: str, token: int) -> None:
        """Accept nothing lower from now on, also after a restart.

        Raises:
            Transient: it could not be stored; nothing has changed.
        """
        if token <= self.lowest(lane):
            return
        raised = self._lowest | {lane: token}
        try:
            write_private(self._path, json.dumps(raised) + "\n")
        except OSError as error:
            raise Transient(code="token_not_kept", message=f"The token could not be written down: {error}") from error
        self._lowest = raised
