"""Does anything still bear a name that was witty and not plain? The table of them stands in `tests/support/old_names.py`."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.old_names import OLD

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("api", "cli", "connectors", "host", "launcher", "sandbox", "shared", "workers")

# Where the word is the thing's plain name, because it means something else there.
OTHER_MEANING = {
    "cli.checks.door": "the connection of a joined host, as the design calls it",
    "connectors.browser.pages.listing.Place": "where on a page a list stands",
    "host.door": "the connection of a joined host",
    "host.door.Door": "the connection of a joined host",
    "host.lane.Place": "which browser of which host",
    "sandbox.site.Look": "what a site looks like",
    "sandbox.truth.Effect": "what an action did, as the design calls it",
    "sandbox.state.World": "everything that the practice sites know",
    "shared.db.models.effect": "what an attempt did outside, as the design calls it",
    "shared.db.models.effect.Effect": "what an attempt did outside, as the design calls it",
    "shared.door": "the connection of a joined host",
    "shared.hosts.door": "the connection of a joined host",
}


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the product by its dotted name; what a revision of the schema was called is never edited."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split():
        path = Path(name)
        if path.parts[0] in PRODUCT and "versions" not in path.parts and (ROOT / path).exists():
            yield ".".join(path.with_suffix("").parts).removesuffix(".__init__"), ROOT / path


def names_in(module: str, path: Path) -> Iterator[str]:
    """The module itself, its classes and public functions, and those of its classes, by their dotted names."""
    yield module
    todo: list[tuple[str, ast.AST]] = [(module, ast.parse(path.read_text()))]
    while todo:
        above, node = todo.pop()
        for below in ast.iter_child_nodes(node):
            if isinstance(below, ast.FunctionDef | ast.AsyncFunctionDef) and not below.name.startswith("_"):
                yield f"{above}.{below.name}"
            elif isinstance(below, ast.ClassDef):
                yield f"{above}.{below.name}"
                todo.append((f"{above}.{below.name}", below))


def as_word(name: str) -> str:
    """The last part of a dotted name as it stands in the table: `LoginContext` is `login_context`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.rpartition(".")[2].lstrip("_")).lower()


def test_no_module_class_or_public_function_bears_an_old_name():
    named = {name for module, path in modules() for name in names_in(module, path)}
    old = {name for name in named if as_word(name) in OLD}

    assert len(named) > 2000
    assert old - OTHER_MEANING.keys() == set()
    assert OTHER_MEANING.keys() - old == set()
