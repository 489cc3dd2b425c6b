"""Where do an embedded server's files lie, and as which user does it run?

PostgreSQL refuses to run as root, and the user it runs as must reach its data and its binaries. Under /root or in a
private temporary folder other users cannot: then both move under /var/lib/callsheet, and the home keeps a link.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from shared.errors import NotConfigured
from shared.settings import program_environment

OUTSIDE = Path("/var/lib/callsheet")


class RunAs(TypedDict, total=False):
    """Arguments with which `subprocess` starts a process as another user; empty for ourselves."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    def as_arguments(self) -> RunAs:
        """Return the arguments for `subprocess.run` and `Popen`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """Where a server's data and binaries are; `account` is None when it runs as ourselves."""

    data: Path
    binaries: Path
    account: Account | None

    @property
    def run_as(self) -> RunAs:
        """Return the arguments for `subprocess`: none where the server runs as ourselves."""
        return self.account.as_arguments() if self.account else {}


def tag_of(home: Path) -> str:
    """Return a short name for a home, the same on every start."""
    return hashlib.sha256(str(home).encode()).hexdigest()[:12]


def settle(home: Path, name: str, install: Path, *, version: str, outside: Path = OUTSIDE) -> ServerFiles:
    """Decide the place of the server `name`, whose programs are in `install`/bin, and make its data folder.

    Raises:
        NotConfigured: the data folder belongs to another user, or no user but root can run the programs.
    """
    data = home / name
    if os.geteuid() != 0:
        _require_own(data)
        data.mkdir(mode=0o700, exist_ok=True)
        return ServerFiles(data.resolve(), install / "bin", None)
    account = _account_for(data)
    data = _reachable_data(data, account, outside / tag_of(home) / name)
    return ServerFiles(data, _reachable_binaries(install, account, outside / f"{name}-{version}"), account)


def forget(home: Path, name: str, *, outside: Path = OUTSIDE) -> None:
    """Remove what `settle` put outside the home; for temporary homes, such as those of tests."""
    shutil.rmtree(outside / tag_of(home) / name, ignore_errors=True)
    shutil.rmtree(outside / f"{tag_of(home)}.old", ignore_errors=True)
    if (outside / tag_of(home)).is_dir():
        (outside / tag_of(home)).rmdir()


def _require_own(data: Path) -> None:
    if data.exists() and data.stat().st_uid != os.geteuid():
        owner = pwd.getpwuid(data.stat().st_uid).pw_name
        raise NotConfigured(
            setting="CALLSHEET_HOME",
            message=f"{data} belongs to {owner}, since Callsheet ran as root. Run it as root, or use another home.",
        )


def _account_for(data: Path) -> Account:
    """Return the owner of existing data, else the system's user for PostgreSQL, else `nobody`."""
    if data.is_dir() and any(data.iterdir()) and data.stat().st_uid != 0:
        found = pwd.getpwuid(data.stat().st_uid)
        return Account(found.pw_name, found.pw_uid, found.pw_gid)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_name, found.pw_uid, found.pw_gid)
    raise NotConfigured(
        setting="CALLSHEET_DATABASE_URL",
        message="PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`. Run as a user.",
    )


def _reachable_data(data: Path, account: Account, elsewhere: Path) -> Path:
    if not data.is_symlink():
        data.mkdir(mode=0o700, exist_ok=True)
        os.chown(data, account.uid, account.gid)
        if _can(account, 'test -w "$1" && test -x "$1"', data):
            return data.resolve()
        if any(data.iterdir()):
            raise NotConfigured(
                setting="CALLSHEET_HOME", message=f"The user {account.name}, who runs the server, cannot reach {data}."
            )
        _put_aside(elsewhere.parent)
        data.rmdir()
        data.symlink_to(elsewhere)
    target = data.resolve()
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(target, account.uid, account.gid)
    for folder in (elsewhere.parent, elsewhere.parent.parent):
        folder.chmod(0o755)
    return target


def _put_aside(folder: Path) -> None:
    """Move old data aside when a home of this name was deleted and starts anew; one generation is kept."""
    if folder.is_dir():
        old = folder.with_name(f"{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)


def _reachable_binaries(install: Path, account: Account, elsewhere: Path) -> Path:
    if _runs(account, install):
        return install / "bin"
    if not elsewhere.is_dir():
        fresh = elsewhere.with_name(f"{elsewhere.name}.{os.getpid()}")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(install, fresh, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for folder in (fresh, fresh.parent):
            folder.chmod(0o755)
        try:
            fresh.rename(elsewhere)
        except OSError:
            # Another start was faster; its copy is the same.
            shutil.rmtree(fresh)
    if not _runs(account, elsewhere):
        raise NotConfigured(
            setting="CALLSHEET_DATABASE_URL",
            message=f"The user {account.name} cannot run PostgreSQL's programs in {elsewhere}.",
        )
    return elsewhere / "bin"


def _runs(account: Account, install: Path) -> bool:
    """Return whether the user can read and run all of it: the programs, their libraries and their shared files."""
    return _can(account, '"$1/bin/postgres" --version && test -r "$1/share/postgresql/postgres.bki"', install)


def _can(account: Account, check: str, path: Path) -> bool:
    command = ["/bin/sh", "-c", check, "sh", str(path)]
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        command, check=False, capture_output=True, cwd="/", env=program_environment(), **account.as_arguments()
    )
    return done.returncode == 0
