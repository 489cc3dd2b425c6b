"""Which processes are not worth measuring for coverage? Those that are killed anyway, and those that must be quick."""

from __future__ import annotations

import os


def untraced() -> dict[str, str]:
    """This process's environment without what makes coverage follow into child processes."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
