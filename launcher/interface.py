"""What does supervisord's interface answer besides its own? `launcher.load`, called once the servers are started.

Loading takes seconds in which supervisord answers nobody. Servers are started before, and beside it, on another
core, the database is prepared.
"""

from __future__ import annotations

from launcher.forks import FORKS


class Interface:
    """The calls below `launcher`."""

    def load(self) -> bool:
        """Import everything that is forked later; say whether anything is."""
        if FORKS:
            from launcher.entry_points import load_all  # noqa: PLC0415 - it takes its time, and that is now

            load_all()
        return FORKS


def make(_supervisord: object, **_: object) -> Interface:
    """Return the calls; supervisord asks for them by this name, from its file."""
    return Interface()
