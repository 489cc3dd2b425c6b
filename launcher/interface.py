"""What does supervisord's interface answer besides its own, under `launcher`?

`load` is called once the servers are started. Loading takes seconds in which supervisord answers nobody. Servers are started
before, and beside it, on another core, the database is prepared.
"""

from __future__ import annotations

from typing import Any

from supervisor.datatypes import RestartWhenExitUnexpected
from supervisor.xmlrpc import Faults, RPCError

from launcher.forks import FORKS
from launcher.listener import Listener


class Interface:
    """The calls below `launcher`."""

    def __init__(self, supervisord: Any) -> None:
        """Know whose parts these are."""
        self._supervisord = supervisord

    def load(self) -> bool:
        """Import everything that is forked later; say whether anything is."""
        if FORKS:
            from launcher.entry_points import load_all  # noqa: PLC0415 - it takes its time, and that is now

            load_all()
        return FORKS

    def listen(self, name: str, host: str, port: int) -> bool:
        """Start a part at the first connection to this address; say whether that is so, or it has to be started now.

        Raises:
            RPCError: the address is taken.
        """
        if not FORKS:
            return False
        options = self._supervisord.options
        part = self._supervisord.process_groups[name].processes[name]
        try:
            listener = options.listeners[name] = Listener(self._supervisord, part, host, port)
        except OSError as error:
            said = f"{name} cannot listen on {host}:{port}: {error.strerror}"
            raise RPCError(Faults.FAILED, said) from error
        options.get_socket_map()[listener.descriptor] = listener
        # It may end when nobody needs it; an end by an error is one all the same.
        part.config.autorestart = RestartWhenExitUnexpected
        return True

    def waiting(self) -> list[str]:
        """Return the names of the parts that the next connection starts."""
        listeners: dict[str, Listener] = self._supervisord.options.listeners
        return [name for name, listener in listeners.items() if listener.is_waiting()]


def make(supervisord: Any, **_: object) -> Interface:
    """Return the calls; supervisord asks for them by this name, from its file."""
    return Interface(supervisord)
