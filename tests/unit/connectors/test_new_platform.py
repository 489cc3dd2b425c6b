"""Is a new platform its own folder and nothing else? A stranger's way: scaffold it, run its checks, remove it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
NEEDED = (*ROOMS, "scripts", "docs", "tests/unit/connectors")
FACTS = {
    "origin": "https://mastodon.social",
    "other-hosts": "mastodon.online",
    "words-after-owner": "",
    "dm": "10 30 60-300",
    "comment": "5 15 120-300",
    "active": "9-21",
    "same-recipient-h": "48",
    "word": "needs_consent",
    "rule": "Its rules ask programs to say what they are.",
    "source": "https://mastodon.social/about",
}


class House:
    """A copy of the source, in which things are run as a person would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in NEEDED:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "beat_schedule.py"):
            shutil.copy(ROOT / name, folder)

    def run(self, *command: str) -> str:
        """Run something that must succeed; answers what it said."""
        env = os.environ | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> dict[str, bytes]:
        """Every file with what is in it."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and not {"__pycache__", ".pytest_cache", ".ruff_cache"} & set(path.parts)
        }


@pytest.mark.slow
def test_a_new_platform_touches_its_folder_and_generated_docs_and_leaves_nothing_behind(tmp_path: Path):
    house, python = House(tmp_path / "house"), sys.executable
    before = house.files()

    said = [word for key, answer in FACTS.items() for word in (f"--{key}", answer)]
    house.run(python, "-m", "connectors.scaffold", "mastodon", *said)
    house.run(python, "-m", "scripts.generate_docs")
    linter = str(Path(python).with_name("lint-imports"))
    assert "0 broken" in house.run(linter, "--no-cache")
    house.run(python, "-m", "ruff", "check", "connectors/mastodon")
    house.run(python, "-m", "ruff", "format", "--check", "connectors/mastodon")
    checks = ("-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", "tests/unit/connectors/test_connectors.py")
    assert " passed" in house.run(python, *checks, "-k", "[mastodon]")
    after = house.files()
    touched = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {name for name in touched if not name.startswith("connectors/mastodon/")} == {"docs/connectors.md"}

    shutil.rmtree(tmp_path / "house/connectors/mastodon")
    house.run(python, "-m", "scripts.generate_docs")
    assert house.files() == before
