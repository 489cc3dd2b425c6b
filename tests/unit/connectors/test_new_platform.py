"""Is a new platform its own folder and nothing else? A stranger's way: scaffold it, run its checks, remove it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.source_copy import SourceCopy

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


@pytest.mark.slow
def test_a_new_platform_touches_its_folder_and_generated_docs_and_leaves_nothing_behind(tmp_path: Path):
    house, python = SourceCopy(tmp_path / "house"), sys.executable
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
    assert {name for name in house.touched(before) if not name.startswith("connectors/mastodon/")} == {"docs/connectors.md"}

    shutil.rmtree(tmp_path / "house/connectors/mastodon")
    house.run(python, "-m", "scripts.generate_docs")
    assert house.files() == before
