"""What could somebody read who sees the environment of a process, or its memory?

On Linux `/proc/<pid>/environ`, as it was at its start, and `/proc/<pid>/mem`.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

from shared.settings import ROLE_NAMES, Settings

CHUNK = 1 << 20


def secrets_of(settings: Settings) -> dict[str, str]:
    """Every secret of an installation by its value, with its name."""
    owner = settings.database_url_for("owner").rpartition("@")[0].rpartition(":")[2]
    found = {owner: "owner", settings.redis_url.rpartition("@")[0].rpartition(":")[2]: "redis"}
    found |= {key.decode(): "key" for _, key in settings.keyring().keys}
    return found | {settings.password_of(role): role for role in ROLE_NAMES if role != "owner"}


def family_of(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def shown_by(process: psutil.Process, secrets: dict[str, str]) -> set[str]:
    """The names of the secrets that stand in the environment or on the command line of a process."""
    said = ""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        said = " ".join([*process.environ().values(), *process.cmdline()])
    return {name for value, name in secrets.items() if value in said}


def held_by(process: psutil.Process, secrets: dict[str, str]) -> set[str]:
    """Return the names of the secrets that stand anywhere in the memory of a process that it can write (Linux).

    Raises:
        PermissionError: this machine lets nobody look.
    """
    wanted = {value.encode(): name for value, name in secrets.items()}
    overlap, found = max(map(len, wanted)), set[str]()
    with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if "rw" not in rights:
                continue
            begin, end = (int(word, 16) for word in place.split("-"))
            rest = b""
            for start in range(begin, end, CHUNK):
                with suppress(OSError):  # it was given back meanwhile
                    memory.seek(start)
                    chunk = rest + memory.read(min(CHUNK, end - start))
                    found |= {name for value, name in wanted.items() if value in chunk}
                    rest = chunk[-overlap:]
    return found
