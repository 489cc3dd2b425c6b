"""Do the documents say what the code does? Names, links and tables are compared with it."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from cli.main import COMMANDS, GROUPS
from connectors.registry import stops_within_s
from sandbox import seed
from sandbox.instagram.routes import make_post
from shared.task_types.registry import PUBLIC_TYPES
from tests.unit.deploy.composition import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
ADRS = sorted((ROOT / "docs/adr").glob("*.md"))
PLACES = re.findall(r"`([\w/]+\.py)` · `([\w.]+)`", "\n".join(page.read_text() for page in PAGES))
LONGEST_ADR = 60  # lines; a page
FOUND_AT_LEAST = 5  # posts at least, so that the example of a run has enough of them

spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "scripts/generate_docs.py")
generate_docs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate_docs)


def names_in(path: Path) -> set[str]:
    """Functions, classes and methods of a file, and its constants."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if hasattr(part, "name")}
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("name", generate_docs.FILES)
def test_a_generated_table_is_up_to_date(name):
    stale = f"docs/{name} is older than the code: run .venv/bin/python scripts/generate_docs.py"
    assert (ROOT / "docs" / name).read_text() == generate_docs.FILES[name](), stale


def test_the_walk_names_places():
    assert len(PLACES) > 30


@pytest.mark.parametrize(("path", "name"), sorted(set(PLACES)))
def test_what_the_walk_names_is_there(path, name):
    assert name in names_in(ROOT / path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_points_at_what_exists(page):
    # What a stranger is to write there is not there yet.
    text = re.sub(r"`[\w/]+\.py`[^\n]*\n\n```python\n", "", page.read_text())
    links = [link.split("#")[0] for link in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", text)]
    missing = [link for link in links if link and "://" not in link and not (page.parent / link).exists()]
    assert missing == []
    folders = "api|cli|connectors|deploy|sandbox|scripts|shared|tests|workers"
    paths = re.findall(rf"`((?:{folders})/[\w/.-]+\.(?:py|sql|sh|toml|json))`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.name)
def test_a_decision_is_one_page_with_context_decision_and_consequences(page):
    lines = page.read_text().splitlines()
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)
    assert lines[0].startswith(f"# {page.name[:4]}: ")
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
    assert len(lines) <= LONGEST_ADR


def test_decisions_are_numbered_without_gaps():
    assert [int(page.name[:4]) for page in ADRS] == list(range(1, len(ADRS) + 1))


def test_the_post_that_examples_comment_on_is_there_on_every_machine():
    first = f"/instagram{make_post(0).path}"
    assert first in (ROOT / "README.md").read_text()
    assert first in (ROOT / "deploy/prove.sh").read_text()


@pytest.mark.parametrize("platform", ["instagram", "threads", "tiktok", "x"])
def test_the_hashtag_that_examples_search_for_finds_something_on_every_practice_site(platform: str):
    [tag] = {spec.example["query"] for spec in PUBLIC_TYPES if "query" in spec.example}
    assert tag in (ROOT / "README.md").read_text()
    assert tag in (ROOT / "docs/runs.md").read_text()
    assert sum(tag in seed.caption(platform, index) for index in range(seed.POSTS)) >= FOUND_AT_LEAST


def test_production_says_how_long_a_pool_may_take_to_stop_as_compose_does():
    composed = set(re.findall(r"stop_grace_period: (\d+)s", (ROOT / "docker-compose.yml").read_text()))
    page = (ROOT / "docs/production.md").read_text()
    said = re.findall(r"`stop_grace_period`, (\d+) s", page)
    assert composed == set(said)
    assert int(said[0]) >= stops_within_s()
    assert "8 s" not in page


def test_every_command_in_the_readme_exists():
    said = set(
        re.findall(r"(?<!docker compose exec )\bcallsheet ([a-z]+)(?= |$)", (ROOT / "README.md").read_text(), re.MULTILINE)
    )
    assert said
    assert said <= {*COMMANDS, *GROUPS}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_a_page_names_exists(page: str):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", (ROOT / page).read_text())) <= targets


def test_the_glossary_has_thirty_words_at_most():
    words = (ROOT / "CONTRIBUTING.md").read_text().partition("## Words")[2].partition("\n## ")[0]
    assert 10 < len(re.findall(r"^\| [a-z]+ \| ", words, re.MULTILINE)) <= 31  # its head is one of these lines
