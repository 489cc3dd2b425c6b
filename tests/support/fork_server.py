"""`python -m tests.support.fork_server` has imported everything, and forks a stack's processes as the launcher does.

It takes requests of one line, and answers each with one: a process is started, or looked at whether it has ended. It ends
with the process that asks; what it has forked goes on.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from launcher.child import go_on_as
from launcher.entry_points import ENTRY_POINTS, load_all

# The practice sites are a program of their own for the launcher, which knows nothing of them.
PRACTICE = {"sandbox": "sandbox.__main__:main"}


def main() -> None:
    """Serve until nobody asks any more."""
    ENTRY_POINTS.update(PRACTICE)
    load_all()
    assert threading.active_count() == 1, "a thread does not come along when its process is forked"
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        answer = _has_ended(asked["pid"]) if "pid" in asked else _fork(**asked)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _fork(words: list[str], environment: dict[str, str], log: str, title: str) -> dict[str, Any]:
    pid = os.fork()
    if pid:
        return {"pid": pid}
    try:
        os.setsid()
        _to(0, os.devnull, os.O_RDONLY)
        _to(1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(1, 2)
        go_on_as(words, environment, title)
        os.execve(words[0], words, environment)
    finally:
        os._exit(127)


def _to(descriptor: int, path: str, flags: int) -> None:
    opened = os.open(path, flags, 0o666)
    os.dup2(opened, descriptor)
    os.close(opened)


def _has_ended(pid: int) -> dict[str, Any]:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return {"code": os.waitstatus_to_exitcode(status) if ended else None}


if __name__ == "__main__":
    main()
