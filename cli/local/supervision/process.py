"""Which processes of this machine belong to a home, and how are they ended?

A process belongs to a home when it was recorded with its identity (a pid alone may have been reused), when it
has our marker in its environment, or when it is a browser on one of the home's profiles. No other process is ended.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from cli.local.secret import read_json, write_json
from cli.local.supervision.part import MARKER
from cli.local.wait import wait_for
from shared.process_identity import ProcessState, identity_of, is_dead, state_of

SUPERVISOR = "supervisor"
# PostgreSQL writes everything to disk before it ends.
SERVER_S = 20.0


def record(home: Path, pids: dict[str, int]) -> None:
    """Store the running processes, each with its identity, in `processes.json`."""
    found = {name: {"pid": pid, "identity": identity_of(pid)} for name, pid in pids.items() if psutil.pid_exists(pid)}
    write_json(home / "processes.json", found)


def supervisor_of(home: Path) -> psutil.Process | None:
    """Return the home's supervisor, if it is alive."""
    return _recorded(home).get(SUPERVISOR)


def has_record(home: Path) -> bool:
    """Return whether something was started here and not stopped since."""
    return (home / "processes.json").is_file()


def forget_record(home: Path) -> None:
    """Record that nothing runs any more."""
    (home / "processes.json").unlink(missing_ok=True)


def processes_of(home: Path) -> list[psutil.Process]:
    """Return all living processes of the home, without this process and its ancestors."""
    me = psutil.Process()
    spared = {me.pid, *(parent.pid for parent in me.parents())}
    recorded = {process.pid for process in _recorded(home).values()}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in spared and (process.pid in recorded or _is_marked(process, home)) and _is_alive(process)
    ]


def end(processes: Iterable[psutil.Process], *, seconds: float = 5) -> list[str]:
    """End them in an order that loses nothing, and return their names.

    The supervisor comes first, so that it starts nothing again; then the workers, by SIGTERM and after `seconds` by SIGKILL;
    then the servers that they used.
    """
    alive = [process for process in processes if _is_alive(process)]
    names = [name_of(process) for process in alive]
    supervisors = [process for process in alive if _is_supervisor(process)]
    servers = [process for process in alive if _is_server(process)]
    workers = [process for process in alive if process not in supervisors and process not in servers]
    _signal(supervisors, signal.SIGKILL)
    _wait_until_dead(supervisors, seconds=seconds)
    _end_group(workers, seconds=seconds)
    _end_group(servers, seconds=SERVER_S)
    return names


def _end_group(group: list[psutil.Process], *, seconds: float) -> None:
    for process in group:
        # SIGINT is PostgreSQL's fast shutdown; its SIGTERM would wait for every session.
        _signal([process], signal.SIGINT if _is_server(process) else signal.SIGTERM)
    # SIGKILL ends stopped processes too.
    _signal(_wait_until_dead(group, seconds=seconds), signal.SIGKILL)
    _wait_until_dead(group, seconds=seconds)


def _wait_until_dead(group: list[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    """Return the processes alive after `seconds`. psutil's own wait counts an orphan as alive until init reaps it."""

    def alive() -> list[psutil.Process]:
        return [process for process in group if _is_alive(process)]

    wait_for(lambda: not alive(), seconds=seconds)
    return alive()


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)


def _recorded(home: Path) -> dict[str, psutil.Process]:
    found = {}
    for name, entry in read_json(home / "processes.json").items():
        with suppress(psutil.Error):
            process = psutil.Process(entry["pid"])
            # Versions before the identities recorded the start time alone.
            state = state_of(process.pid, entry.get("identity"), entry.get("started"))
            if state is ProcessState.OURS or (state is ProcessState.UNKNOWN and _is_marked(process, home)):
                found[name] = process
    return found


def _is_marked(process: psutil.Process, home: Path) -> bool:
    with suppress(psutil.Error, OSError):
        if process.environ().get(MARKER) == str(home):
            return True
    with suppress(psutil.Error, OSError):
        if any(word.startswith(f"--user-data-dir={home}/") for word in process.cmdline()):
            return True
    # Redis writes its title over its environment (measured with 6.2), but stays in its folder.
    with suppress(psutil.Error, OSError):
        return _is_server(process) and Path(process.cwd()) == home / "redis"
    return False


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return not is_dead(process)
    return False


def _is_server(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.name() in {"postgres", "redis-server", "valkey-server"}
    return False


def _is_supervisor(process: psutil.Process) -> bool:
    """Return whether it is a launcher, or the supervisor of a version that had none."""
    with suppress(psutil.Error):
        return process.cmdline()[1:3] in (["-m", "launcher"], ["-m", "supervisor.supervisord"])
    return False


def name_of(process: psutil.Process) -> str:
    """Return a process's name as it is shown, with its pid."""
    with suppress(psutil.Error):
        words = [Path(word).name if "/" in word else word for word in process.cmdline()[:4] if not word.startswith("-")]
        return f"{' '.join(words[:2]) or process.name()} (pid {process.pid})"
    return f"pid {process.pid}"
