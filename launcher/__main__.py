"""`python -m launcher -n -c FILE` is supervisord, which forks the parts that are ours, and starts all others as programs.

So each part keeps what supervisord gives it: a log of its own, a process group, a new start when it ends, with its delays.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import go

from launcher.forks import FORKS
from launcher.listener import Listener, hand_over


class Options(ServerOptions):  # type: ignore[misc]  # supervisord ships no types
    """What supervisord does with the system."""

    def __init__(self) -> None:
        """Listen on nothing yet."""
        super().__init__()
        self.listeners: dict[str, Listener] = {}

    def close_fd(self, fd: int) -> None:
        """Close it; a new process keeps what is listened on until it is known who it is."""
        if all(listener.descriptor != fd for listener in self.listeners.values()):
            super().close_fd(fd)

    def execve(self, filename: str, argv: Sequence[str], env: Mapping[str, str]) -> Any:
        """Be a part, in a process that was forked for it: this is the last that supervisord does there."""
        env = {**env, **hand_over(self.listeners, env["SUPERVISOR_PROCESS_NAME"])}
        if FORKS:
            from launcher.child import go_on_as  # noqa: PLC0415 - where nothing is forked, nothing of it is loaded

            go_on_as(argv, env, env["SUPERVISOR_PROCESS_NAME"])
        return super().execve(filename, argv, env)


def main(words: Sequence[str]) -> None:
    """Keep the parts of a file running until told to stop; on SIGHUP it is read again."""
    first = True
    while True:
        options = Options()
        options.realize(list(words), doc=__doc__)
        options.first, options.test = first, False
        go(options)
        options.close_httpservers()
        options.close_logger()
        for listener in options.listeners.values():
            options.get_socket_map().pop(listener.descriptor, None)
            listener.close()
        first = False
        if options.mood < SupervisorStates.RESTARTING:
            return


if __name__ == "__main__":
    main(sys.argv[1:])
