"""Would the images build, and do they keep the rules of the house? (There may be no engine here to ask.)"""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.unit.deploy.composition import ROOT

TEXT = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE))
LINES = [line.strip() for line in TEXT.splitlines() if line.strip()]


def stages() -> dict[str, tuple[str, list[str]]]:
    """Each stage by name: what it begins with, and its lines."""
    found: dict[str, tuple[str, list[str]]] = {}
    for line in LINES:
        if start := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            found[start[2]] = (start[1], current := [])
        elif found:
            current.append(line)
    return found


STAGES = stages()


def lines_of(name: str) -> list[str]:
    """A stage's lines after those of the stages it begins with."""
    parent, own = STAGES[name]
    return (lines_of(parent) if parent in STAGES else []) + own


def copied() -> list[str]:
    """What is taken from the checkout."""
    words = [line.split()[1:] for line in LINES if line.startswith("COPY ") and "--from" not in line]
    return [word for line in words for word in line[:-1] if not word.startswith("--")]


def test_there_is_an_image_with_a_browser_and_one_without():
    assert "chromium" in " ".join(lines_of("browser"))
    assert "ffmpeg" in " ".join(lines_of("browser"))
    assert "fonts-" in " ".join(lines_of("browser"))
    assert "chromium" not in " ".join(lines_of("slim"))
    assert list(STAGES)[-1] == "slim"


@pytest.mark.parametrize("name", ["browser", "slim"])
def test_an_image_runs_as_nobody_in_particular_and_says_how_it_is(name):
    lines = lines_of(name)
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    assert 'ENTRYPOINT ["tini", "--"]' in lines
    assert lines[-1].startswith("CMD [")


def test_nothing_is_installed_that_is_not_locked():
    installs = re.findall(r"pip install ([^&]*)", TEXT)
    assert installs
    for words in installs:
        assert "--require-hashes" in words or "--no-index" in words, words
    assert "requirements/production.txt" in installs[0]


def test_no_image_is_taken_by_a_tag_that_moves_between_systems():
    bases = [line.split()[1] for line in LINES if line.startswith("FROM ")] + [
        line.split()[1] for line in (ROOT / ".devcontainer/Dockerfile").read_text().splitlines() if line.startswith("FROM ")
    ]
    assert not [base for base in bases if base.endswith(":latest")]
    assert re.search(r"^ARG PYTHON=3\.\d+-slim-[a-z]+$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("path", copied())
def test_what_is_copied_is_there_and_reaches_the_builder(path):
    assert (ROOT / path).exists()
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert any(path.rstrip("/") == rule or path.startswith(f"{rule}/") for rule in allowed), path


def test_no_secret_reaches_the_builder():
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(rule for rule in rules if not rule.startswith("#")) == "*"
    assert not [rule for rule in rules if rule.startswith(("!.env", "!.git", "!.callsheet"))]


def test_everything_that_the_wheel_holds_is_copied():
    wanted = re.search(r"only-include = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL)[1]
    assert set(re.findall(r'"([^"]+)"', wanted)) <= set(copied())


def test_the_lock_has_the_build_back_end_and_all_it_needs():
    command = next(line for line in LINES if "awk" in line)
    program = re.search(r"awk '([^']+)'", command)[1]
    done = subprocess.run(["awk", program, "requirements/dev.txt"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = re.findall(r"^([a-z-]+)==\S+ \\$", done.stdout, re.MULTILINE)
    assert names == ["hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers"]
    assert done.stdout.count("--hash=sha256:") >= len(names)
