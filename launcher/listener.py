"""How does a part start at the first connection? The launcher listens in its place, and hands it what it listens on.

As with systemd's socket activation (sd_listen_fds(3)): the part finds its listening socket as descriptor 3, and
`LISTEN_PID` and `LISTEN_FDS` in its environment say so. What connects waits in the socket's queue until the part takes it,
also while the part is started again: the launcher never closes it.
"""

from __future__ import annotations

import os
import socket
from fcntl import F_DUPFD, fcntl
from typing import Any

from supervisor.states import ProcessStates, SupervisorStates

FIRST_DESCRIPTOR = 3
QUEUE = 512
# A part that has ended in order is started by the next connection; one that has given up may be tried again by it.
NOT_THERE = {ProcessStates.STOPPED, ProcessStates.EXITED, ProcessStates.FATAL}


class Listener:
    """Listens for a part while that is not there. It stands in supervisord's own poll, by the names that are asked there."""

    def __init__(self, supervisord: Any, part: Any, host: str, port: int) -> None:
        """Take the address.

        Raises:
            OSError: somebody else has it.
        """
        self._supervisord, self._part = supervisord, part
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # The protocol is named: asyncio switches Nagle's delay (40 ms an answer) off only then.
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, port))
            self._socket.listen(QUEUE)
        except OSError:
            self._socket.close()
            raise

    @property
    def part(self) -> str:
        """For which part it listens."""
        name: str = self._part.config.name
        return name

    @property
    def descriptor(self) -> int:
        """The descriptor of the socket, here."""
        return self._socket.fileno()

    def is_waiting(self) -> bool:
        """Return whether the next connection starts the part; not once it is stopped, or everything ends."""
        ends = self._supervisord.options.mood < SupervisorStates.RUNNING
        return not ends and not self._part.administrative_stop and self._part.get_state() in NOT_THERE

    def readable(self) -> bool:
        """Return whether supervisord looks here for a connection."""
        return self.is_waiting()

    def writable(self) -> bool:
        """Return false: nothing is written here."""
        return False

    def handle_read_event(self) -> None:
        """Somebody connects: start the part, which takes the connection itself."""
        self._part.spawn()

    def handle_error(self) -> None:
        """Say in the supervisor's log what was just raised; it listens on."""
        self._supervisord.options.logger.critical(f"{self.part} could not be started by a connection")

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


def hand_over(listeners: dict[str, Listener], part: str) -> dict[str, str]:
    """Leave a forked process its own listening socket and no other; return what its environment says of it."""
    for name, listener in listeners.items():
        if name != part:
            listener.close()
    if part not in listeners:
        return {}
    # Behind the one that it gets in the end: the lowest that is free may be that one.
    copy = fcntl(listeners[part].descriptor, F_DUPFD, FIRST_DESCRIPTOR + 1)
    listeners[part].close()
    os.dup2(copy, FIRST_DESCRIPTOR)  # inheritable, as the copy is not
    os.close(copy)
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
