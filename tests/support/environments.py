"""What could somebody read who sees the environment of a process? On Linux `/proc/<pid>/environ`, as it was at its start."""

from __future__ import annotations

from contextlib import suppress

import psutil

from shared.settings import ROLE_NAMES, Settings


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
