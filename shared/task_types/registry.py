"""Which task types are there? Every module of this package that has a `SPEC`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

import shared.task_types as package
from shared.task_types.spec import AnySpec


def _load() -> dict[str, AnySpec]:
    specs: dict[str, AnySpec] = {}
    for module in pkgutil.iter_modules(package.__path__):
        spec = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "SPEC", None)
        if spec is None:
            continue
        for name in (spec.type, *spec.aliases):
            if name in specs:
                message = f"Two task types are called {name!r}."
                raise ValueError(message)
            specs[name] = spec
    return specs


# By every name a type ever had; a renamed type keeps its old names as aliases.
TASK_TYPES: dict[str, AnySpec] = _load()

# What a client may submit, by its present name.
PUBLIC_TYPES: tuple[AnySpec, ...] = tuple(s for name, s in sorted(TASK_TYPES.items()) if s.public and s.type == name)


def names_where(holds: Callable[[AnySpec], bool]) -> list[str]:
    """Return the types of which something holds, by every name they ever had."""
    return [name for name, spec in TASK_TYPES.items() if holds(spec)]


def outward_actions() -> frozenset[str]:
    """Return every outward action, by the name under which it is counted."""
    return frozenset(action for spec in TASK_TYPES.values() for action in spec.effects)


def proving_types() -> list[str]:
    """Return the types, by every name they ever had, whose tasks only prove a lane."""
    return names_where(lambda spec: spec.proves_lane)


def outward_types() -> list[str]:
    """Return the types, by every name they ever had, whose tasks do something outside."""
    return names_where(lambda spec: bool(spec.effects))
