"""Where does a page object find the elements of its page, and how are single locators replaced?

A connector's locators stand in `pages/selectors.toml`. `$CALLSHEET_HOME/selectors/<platform>.toml` replaces single ones
without a release; it is read again as soon as it changes.
"""

from __future__ import annotations

import tomllib
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.browser.driver import Locator, Way
from shared.errors import NotConfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("role", "test_id", "css", "path")
PARTS = {field.name for field in fields(Way)}


def load_locators(file: Path, overrides: Path | None = None) -> Mapping[str, Locator]:
    """Return the locators of a connector's file; those of the same platform's override file replace single ones.

    `file` is `connectors/<platform>/pages/selectors.toml`.

    Raises:
        NotConfigured: a file cannot be used; the message says which entry is wrong and why.
    """
    own = _read(file, file.stat().st_mtime_ns)
    override = overrides / f"{file.parent.parent.name}.toml" if overrides else None
    if override is None or not override.is_file():
        return own
    other = _read(override, override.stat().st_mtime_ns)
    if strangers := sorted(other.keys() - own.keys()):
        raise _wrong(override, f"no locator is called {', '.join(strangers)}; there are {', '.join(sorted(own))}")
    return MappingProxyType({**own, **other})


@lru_cache(maxsize=64)
def _read(file: Path, changed_at: int) -> Mapping[str, Locator]:  # noqa: ARG001 - part of the cache's key
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(file, str(error)) from error
    return MappingProxyType({name: _locator(file, name, table) for name, table in tables.items()})


def _locator(file: Path, name: str, table: Any) -> Locator:
    if not isinstance(table, dict) or table.keys() != {"ways", "source"}:
        raise _wrong(file, f"[{name}] has exactly `ways` and `source`")
    if not isinstance(table["source"], str) or not table["source"].strip():
        raise _wrong(file, f"[{name}] source says where the knowledge comes from")
    if not isinstance(table["ways"], list) or not table["ways"]:
        raise _wrong(file, f"[{name}] ways is a list of at least one way")
    ways = tuple(_way(file, f"[{name}] way {number}", way) for number, way in enumerate(table["ways"], 1))
    return Locator(name=name, ways=ways, source=table["source"])


def _way(file: Path, place: str, way: Any) -> Way:
    if not isinstance(way, dict):
        raise _wrong(file, f"{place}: no table")
    if strangers := way.keys() - PARTS:
        raise _wrong(file, f"{place}: unknown {', '.join(sorted(strangers))}")
    if any(not isinstance(value, bool if key == "exact" else str) for key, value in way.items()):
        raise _wrong(file, f"{place}: `exact` is true or false, everything else is text")
    if len([kind for kind in KINDS if way.get(kind)]) != 1:
        raise _wrong(file, f"{place}: exactly one of {', '.join(KINDS)}")
    if way.get("name") and not way.get("role"):
        raise _wrong(file, f"{place}: a name belongs to a role")
    return Way(**way)


def _wrong(file: Path, why: str) -> NotConfigured:
    return NotConfigured(code="bad_selectors", message=f"{file.parent.name}/{file.name}: {why}.", setting=str(file))
