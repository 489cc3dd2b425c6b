"""Where does a test change the source as a stranger would? In a copy of it, in which whatever is there is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
NEEDED = (*ROOMS, "scripts", "docs", "tests/unit/connectors", "tests/support")
CACHES = {"__pycache__", ".pytest_cache", ".ruff_cache"}


class SourceCopy:
    """A copy of the source."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in NEEDED:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "beat_schedule.py", "tests/unit/test_house.py"):
            shutil.copy(ROOT / name, folder / name)

    def run(self, *command: str, **environment: str) -> str:
        """Run something that must succeed; answers what it said."""
        env = os.environ | environment | {"PYTHONPATH": str(self.folder)}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> dict[str, bytes]:
        """Every file with what is in it."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and not CACHES & set(path.parts)
        }

    def touched(self, before: dict[str, bytes]) -> set[str]:
        """Which files are others than `before`."""
        after = self.files()
        return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def snippets(heading: str) -> Iterator[tuple[str, str]]:
    """The Python blocks that CONTRIBUTING.md shows under a heading, each with the file that the line before it names."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for named, block in re.findall(r"([^\n]+)\n\n```python\n(.*?)```", section, re.DOTALL):
        yield re.findall(r"`([\w/]+\.py)`", named)[0], block
