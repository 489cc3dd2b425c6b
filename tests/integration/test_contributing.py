"""Is a first change as small as CONTRIBUTING.md says? A stranger's way: do what the page says, run it, remove it again."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.settings import Settings
from tests.support.source_copy import SourceCopy, snippets

CHECKS = ("-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", "tests/unit/test_house.py", "-k", "executor or example")


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SourceCopy]:
    """A copy of the source, of which nothing is left."""
    yield SourceCopy(tmp_path / "source")
    shutil.rmtree(tmp_path / "source")


def check(source: SourceCopy, *files: str) -> None:
    """What the linter says of files."""
    source.run(sys.executable, "-m", "ruff", "check", *files)
    source.run(sys.executable, "-m", "ruff", "format", "--check", *files)


def run(source: SourceCopy, database: Settings, *what: str) -> dict[str, Any]:
    """What comes of it in the product itself."""
    said = source.run(sys.executable, "-m", "tests.support.first_change", *what, **database.environment_for("foundation"))
    made: dict[str, Any] = json.loads(said.splitlines()[-1])
    return made


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_task_type_is_two_files_that_are_found_by_themselves(source: SourceCopy, database: Settings):
    before = source.files()
    files = dict(snippets("A first task type: two files"))

    for name, text in files.items():
        (source.folder / name).write_text(text)
    source.run(sys.executable, "-m", "scripts.generate_docs")
    check(source, *files)
    assert "0 broken" in source.run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert " passed" in source.run(sys.executable, *CHECKS)
    made = run(source, database, "task", "word_count", json.dumps({"text": "One two three."}))

    assert len(files) == 2
    assert (made["status"], made["result"]) == ("completed", {"words": 3})
    assert source.touched(before) == {*files, "docs/task-types.md"}

    for name in files:
        (source.folder / name).unlink()
    source.run(sys.executable, "-m", "scripts.generate_docs")
    assert source.touched(before) == set()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_periodic_job_is_one_row_of_the_timetable(source: SourceCopy, database: Settings):
    before = source.files()
    [(name, row)] = snippets("A first periodic job: one row")
    timetable = source.folder / name
    lines = timetable.read_text().splitlines(keepends=True)

    assert lines[-1] == "}\n"
    timetable.write_text("".join([*lines[:-1], row, lines[-1]]))
    check(source, name)
    made = run(source, database, "job", "lane_proof")

    assert (made["type"], made["status"]) == ("probe", "completed")
    assert source.touched(before) == {name}
    timetable.write_text("".join(lines))
    assert source.touched(before) == set()


def test_what_the_page_shows_is_of_the_files_that_it_names():
    assert [name for name, _ in snippets("A first task type: two files")] == [
        "shared/task_types/word_count.py",
        "workers/executors/word_count.py",
    ]
