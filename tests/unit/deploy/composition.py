"""How does Compose read docker-compose.yml? Variables filled in as it does: `${A}`, `${A:-b}` and `${A:?why}`, nested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def raw() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def resolved(values: dict[str, str]) -> dict[str, Any]:
    return _fill(raw(), values)


def example_names() -> tuple[set[str], set[str]]:
    """The variables of .env.example: those that need a value, and those that may have one."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    needed = {line.removesuffix("=") for line in lines if re.fullmatch(r"[A-Z_]+=", line)}
    return needed, {found[1] for line in lines if (found := re.match(r"#([A-Z_]+)=", line))}


def variables(node: Any) -> set[str]:
    """Every variable that the file mentions."""
    if isinstance(node, dict):
        return set().union(*(variables(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(variables(value) for value in node))
    return set(re.findall(r"(?<!\$)\$\{([A-Za-z0-9_]+)", node)) if isinstance(node, str) else set()


def _fill(node: Any, values: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _fill(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, values) for value in node]
    return fill(node, values) if isinstance(node, str) else node


def fill(text: str, values: dict[str, str]) -> str:
    done, rest = "", text
    while "$" in rest:
        before, _, rest = rest.partition("$")
        done += before
        if rest.startswith("$"):
            done, rest = done + "$", rest[1:]
            continue
        assert rest.startswith("{"), f"write ${{NAME}} or $$: {text}"
        end = _closing(rest)
        done, rest = done + _value(rest[1:end], values), rest[end + 1 :]
    return done + rest


def _closing(text: str) -> int:
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return place
    raise AssertionError(f"not closed: {text}")


def _value(inside: str, values: dict[str, str]) -> str:
    name = NAME.match(inside)[0]
    how = inside[len(name) :]
    if values.get(name):
        return values[name]
    assert not how.startswith(":?"), f"{name} is needed: {how[2:]}"
    return fill(how.removeprefix(":-"), values)
