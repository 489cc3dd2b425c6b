"""Are the rules of the house kept that no linter knows?"""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from beat_schedule import TIMETABLE
from shared.task_types.registry import PUBLIC_TYPES, TASK_TYPES
from workers.executors.registry import EXECUTORS

ROOT = Path(__file__).resolve().parents[2]
LARGEST_FILE = 400
LARGEST_FUNCTION = 50
# Rows of queries that no kind describes yet (`shared/db/rows.py`): this number only falls.
ROWS_WITHOUT_A_KIND = 37
PRODUCT = ("api", "cli", "connectors", "host", "launcher", "sandbox", "shared", "workers")

# The customer's packages, and the first place that needs each; None: declared, needed by a later part (see the ADR).
PACKAGES = {
    "celery": "workers/app.py",
    "redis": "workers/dispatcher.py",
    "kombu": "workers/dispatcher.py",
    "flower": "workers/flower.py",
    "fastapi": "api/main.py",
    "sqlalchemy": "shared/db/session.py",
    "openai": "connectors/openai_videos/client.py",
    "applescript": "connectors/browser/safari/permissions.py",
    "tenacity": "workers/attempts/attempt.py",
    "pytest-celery": "tests/integration/celery/conftest.py",
}


def python_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split() if (ROOT / name).exists()]


def product_files() -> list[Path]:
    return [path for path in python_files() if path.relative_to(ROOT).parts[0] in PRODUCT]


def test_no_file_is_longer_than_one_room():
    long = {str(path.relative_to(ROOT)) for path in python_files() if len(path.read_text().splitlines()) > LARGEST_FILE}

    assert long == set()


def test_rows_that_no_kind_describes_become_fewer():
    found = sum(path.read_text().count("Row[Any]") for path in product_files())

    assert found <= ROWS_WITHOUT_A_KIND


def test_what_an_attempt_reads_of_a_stored_row_has_a_kind():
    untyped = [path.name for path in (ROOT / "workers/attempts").glob("*.py") if "Row[Any]" in path.read_text()]

    assert untyped == []


def test_the_engine_knows_no_task_type_by_its_name():
    rooms = ("shared/engine", "workers/dispatch", "workers/attempts")
    files = [path for path in python_files() if str(path.relative_to(ROOT)).startswith(rooms)]
    named = re.compile("|".join(rf"(?<![\w-])'{name}'(?![\w-])|^{name}$" for name in TASK_TYPES))
    by_name = {
        f"{path.relative_to(ROOT)}:{node.lineno}: {found.group()}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (found := named.search(node.value))
    }

    assert len(files) > 60
    assert by_name == set()


def test_no_function_is_longer_than_a_page():
    long = {
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in product_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= LARGEST_FUNCTION
    }

    assert long == set()


def test_what_is_only_read_ends_no_transaction_by_a_rollback():
    """After one a connection has forgotten all its prepared statements: they are planned anew, five times each."""
    closed = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in product_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncWith)
        for item in node.items
        if re.fullmatch(r"(\w+\.)*_?engine\.connect\(\)", ast.unparse(item.context_expr))
    }

    assert closed == set()


def test_every_file_says_first_what_it_is_about():
    silent = {str(path.relative_to(ROOT)) for path in product_files() if not ast.get_docstring(ast.parse(path.read_text()))}

    assert silent == set()


def test_docstrings_say_they_and_no_riddles():
    """Of people and processes alike; and what is plain needs no picture of a house."""
    riddle = re.compile(r"\b(he|him|his|himself|she|her|hers|herself)\b|out of the house|leaves? the house", re.IGNORECASE)
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    told = {
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in product_files()
        if "versions" not in path.parts  # what a revision says is never edited
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, kinds) and (found := riddle.search(ast.get_docstring(node) or ""))
    }

    assert told == set()


def test_docstrings_of_functions_say_what_is_done():
    """Ruff's D401 knows nouns and other forms of verbs, but passes over questions."""
    asking = re.compile(r"(Whether|How|What|Who|Whom|Whose|When|Where|Which|Why|Nothing|Nobody|Everything|One|Every)\b")
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    told = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in python_files()
        if "tests" not in path.parts and "versions" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, kinds) and asking.match(ast.get_docstring(node) or "")
        if not any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
    }

    assert told == set()


def test_the_environment_is_read_in_one_file():
    # The practice sites know nothing of ours, so they read their own port.
    reads = {
        str(path.relative_to(ROOT))
        for path in product_files()
        if re.search(r"os\.environ|os\.getenv", path.read_text()) and path.relative_to(ROOT).parts[0] != "sandbox"
    }

    assert reads == {"shared/settings.py"}


def test_every_program_that_is_started_is_told_what_it_may_know():
    """What is started without an environment of its own inherits ours, with passwords and keys."""
    starting = {"run", "Popen", "call", "check_call", "check_output", "create_subprocess_exec", "create_subprocess_shell"}
    careless = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in product_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {f"{module}.{name}" for module in ("subprocess", "asyncio") for name in starting}
        and ast.unparse(node.func) != "asyncio.run"
        and "env" not in {keyword.arg for keyword in node.keywords}
    }

    assert careless == set()


def test_rows_are_held_so_that_references_to_them_can_be_stored():
    """`FOR UPDATE` makes who refers to the row wait, with the event counter in hand; it stands where rows are removed."""
    holding = {
        str(path.relative_to(ROOT))
        for path in product_files()
        if ({"db", "store"} & set(path.parts) or path.name == "repository.py")
        and re.search(r"FOR UPDATE|with_for_update\(\)", path.read_text())
    }

    assert holding == {"shared/engine/store/archive.py", "shared/engine/store/batches.py", "shared/personas/repository.py"}


def test_no_connector_asks_whether_an_account_is_for_practice():
    asks = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "connectors").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr == "practice")
        or (isinstance(node, ast.Name) and node.id == "practice")
    }

    assert asks == set()


def test_no_page_object_sleeps():
    # The driver itself looks again and again for what a page is asked to wait for.
    sleepers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "connectors").rglob("*.py")
        if re.search(r"\bsleep\(", path.read_text())
    }

    assert sleepers == {"connectors/browser/chromium/page.py"}


def test_the_timetable_imports_nothing_and_names_known_types():
    tree = ast.parse((ROOT / "beat_schedule.py").read_text())

    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for entry in TIMETABLE.values():
        TASK_TYPES[entry["type"]].payload.model_validate(entry["payload"])


def test_every_task_type_has_exactly_one_executor_bound_to_its_own_spec():
    assert {spec.type for spec in TASK_TYPES.values()} == EXECUTORS.keys()
    assert all(executor.spec is TASK_TYPES[name] for name, executor in EXECUTORS.items())


def test_every_public_type_shows_an_example_that_is_valid():
    for spec in PUBLIC_TYPES:
        spec.payload.model_validate(spec.example)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_customers_packages_are_declared_and_used_where_this_table_says(package: str):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]

    assert any(re.match(rf"{package}\b(?!-)", line) for line in declared)
    used_in = PACKAGES[package]
    if used_in is not None:
        assert package.replace("-", "_") in (ROOT / used_in).read_text()


def test_no_lock_file_names_a_registry():
    for path in (ROOT / "requirements").glob("*.txt"):
        assert not re.search(r"https?://|index-url", path.read_text()), path.name
