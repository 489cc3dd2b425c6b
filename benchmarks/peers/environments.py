"""How does each peer get the packages it needs, apart from ours?"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.home import ROOT

HERE = Path(__file__).resolve().parent
LOCKS, PROGRAMS = HERE / "locks", HERE / "programs"
MADE = ROOT / ".venv-peers"
NODE = ("node", "npm")


class LeftOut(Exception):
    """Raised where a peer is not measured, with the reason: what it needs is not there, or the time is over."""


def environment(lock: str) -> dict[str, str]:
    """Return the variables with which a peer's programs run; what they need is installed once for each lock file.

    Raises:
        LeftOut: it needs Node, and there is none; its packages cannot be fetched.
    """
    folder = LOCKS / lock
    return _of_node(lock, folder) if folder.is_dir() else _of_python(lock)


def _of_python(lock: str) -> dict[str, str]:
    requirements = LOCKS / f"{lock}.txt"
    made = MADE / f"{lock}-{_digest(requirements)}"
    if not (made / "complete").exists():
        uv, python = _uv(), str(made / "bin" / "python")
        _run([uv, "venv", "--quiet", "--clear", str(made)])
        _run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "--requirement", str(requirements)])
        (made / "complete").touch()
    return os.environ | {"PATH": f"{made / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(PROGRAMS)}


def _of_node(lock: str, folder: Path) -> dict[str, str]:
    if missing := [name for name in NODE if shutil.which(name) is None]:
        raise LeftOut(f"{' and '.join(missing)} is not on the PATH")
    made = MADE / f"{lock}-{_digest(folder / 'package-lock.json')}"
    if not (made / "complete").exists():
        shutil.copytree(folder, made, dirs_exist_ok=True)
        _run(["npm", "ci", "--silent", "--ignore-scripts"], made)
        (made / "complete").touch()
    return dict(os.environ) | {"BENCH_NODE": str(made)}


def _run(words: list[str], folder: Path = ROOT) -> None:
    """Run a command that fetches something.

    Raises:
        LeftOut: it is not there, or fails: most likely there is no network.
    """
    try:
        subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise LeftOut(f"{words[0]} is not on the PATH") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        raise LeftOut(f"its packages could not be installed ({said[-1][:200] if said else words[0]})") from error


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _uv() -> str:
    own = ROOT / ".venv-uv" / "bin" / "uv"
    return str(own) if own.exists() else "uv"
