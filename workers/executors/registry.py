"""Which executor does a task type have? Exactly one: every module here with an `EXECUTOR`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import workers.executors as package
from shared.task_types.registry import TASK_TYPES
from workers.executors.contract import Executor


def _load() -> dict[str, Executor[Any, Any]]:
    found: dict[str, Executor[Any, Any]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        executor = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "EXECUTOR", None)
        if executor is not None:
            found[executor.spec.type] = executor
    missing = {spec.type for spec in TASK_TYPES.values()} - found.keys()
    if missing:
        message = f"No executor for {', '.join(sorted(missing))}."
        raise ValueError(message)
    return found


EXECUTORS: dict[str, Executor[Any, Any]] = _load()
