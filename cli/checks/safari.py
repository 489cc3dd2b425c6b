"""Does the Safari lane of this Mac have every permission that it needs?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from cli.checks.finding import Finding
from cli.local.supervision.supervisor import SOURCE
from shared.settings import Settings

LONGEST_S = 30
MEND = "Look at the Mac's screen and answer the question there; docs/safari-host.md has all permissions."


def check_safari(settings: Settings) -> Iterator[Finding]:
    """Check every permission that macOS asks a person for; report nothing where this machine serves no Safari lane."""
    if not settings.drives_safari:
        return
    command = [sys.executable, "-m", "connectors.browser.safari.permissions"]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command,
            cwd=SOURCE,
            env=settings.environment_for("question"),
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        yield Finding("safari", "wrong", f"macOS gave no answer within {LONGEST_S} s.", MEND)
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        yield Finding("safari", "wrong", f"The permissions could not be looked at: {said[:200]}", "Run make setup.")
    else:
        for found in json.loads(done.stdout):
            yield Finding(**found)
