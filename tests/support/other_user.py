"""As whom does a test run what belongs to another machine? As a user of its own, where the tests run as root."""

from __future__ import annotations

import functools
import os
import pwd
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from cli.local.server_files import Account, RunAs

ROOT = Path(__file__).resolve().parents[2]
NAME = "nobody"


@dataclass(frozen=True)
class User:
    """Who runs a program: the Python that they can start, and where it finds ours. Without an account it is ourselves."""

    python: str = sys.executable
    account: Account | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def run_as(self) -> RunAs:
        """What `subprocess` takes to start something as them."""
        return self.account.as_arguments() if self.account else {}

    def give(self, *paths: Path) -> None:
        """Let what lies there be theirs."""
        if self.account is not None:
            for path in paths:
                os.chown(path, self.account.uid, self.account.gid)


@functools.cache
def find_other_user() -> User:
    """Return a user who is neither root nor ourselves; ourselves where we may become nobody, or nobody can start Python.

    The interpreter of the environment may lie under /root, which others cannot enter: any of the same version will do.
    """
    if os.geteuid() != 0:
        return User()
    found = pwd.getpwnam(NAME)
    account = Account(NAME, found.pw_uid, found.pw_gid)
    ours = {"PYTHONPATH": f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}", "PYTHONDONTWRITEBYTECODE": "1"}
    for python in (sys.executable, "/usr/bin/python3"):
        user = User(python, account, {} if python == sys.executable else ours)
        if _can_start(user):
            return user
    return User()


def _can_start(user: User) -> bool:
    check = f"import sys, host.program; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        command = [user.python, "-c", check]
        done = subprocess.run(command, check=False, cwd=ROOT, env=user.environment, capture_output=True, **user.run_as)
    except OSError:
        return False
    return done.returncode == 0
