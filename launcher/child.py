"""What does a process do that was forked from the launcher, instead of starting a program of its own?

It comes with nothing but modules: open files, user, folder and streams are its own by then (supervisord sees to them). Its
secrets are read by what it runs, from the file that its environment names.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

import billiard

from launcher.entry_points import entry_point
from launcher.title import set_title
from shared.settings import replace_environment

ENV = "/usr/bin/env"
KEY_BYTES = 32


def go_on_as(words: Sequence[str], environment: Mapping[str, str], title: str) -> None:
    """Do in this process what starting this command would do, and end with it; return where that takes a program.

    `words` may begin with `/usr/bin/env NAME=VALUE …`, as everywhere.
    """
    named, (program, *rest) = _without_env(words)
    match rest:
        case ["-m", module, *arguments] if program == sys.executable and (run := entry_point(module)):
            file = sys.modules[run.__module__].__file__ or module
            _begin_anew({**environment, **named}, [file, *arguments], title)
            _run(run)
        case _:
            return


def _without_env(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return what `env` would set, and the command that it would start."""
    rest = list(words)
    if rest[0] != ENV:
        return {}, rest
    named = {}
    rest = rest[1:]
    while "=" in rest[0]:
        name, _, value = rest.pop(0).partition("=")
        named[name] = value
    return named, rest


def _begin_anew(environment: Mapping[str, str], arguments: list[str], title: str) -> None:
    """Have nothing of the parent but its modules."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    replace_environment(environment)
    sys.argv = arguments
    # `random` seeds itself after a fork, and so does OpenSSL; these two keep a key from the time when they were imported.
    multiprocessing.current_process().authkey = os.urandom(KEY_BYTES)
    billiard.current_process().authkey = os.urandom(KEY_BYTES)
    set_title("callsheet", title)


def _run(function: Callable[[], object]) -> NoReturn:
    """Run it, and end as Python ends: threads, what is to be done at the end, and what was written and is not out yet."""
    code = 1
    try:
        code = _code_of(function)
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - as `multiprocessing` ends its children
        atexit._run_exitfuncs()  # noqa: SLF001 - the same
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _code_of(function: Callable[[], object]) -> int:
    try:
        function()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 - nobody is above: this is the end of the process
        traceback.print_exc()
        return 1
    return 0
