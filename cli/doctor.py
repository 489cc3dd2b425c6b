"""callsheet doctor: what is wrong on this machine, and how is it fixed?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import typer
from rich.text import Text

from cli.checks.door import check_door
from cli.checks.finding import Finding
from cli.checks.keys import check_keys
from cli.checks.machine import check_browser, check_ffmpeg, check_space
from cli.checks.pages import check_pages
from cli.checks.processes import check_processes
from cli.checks.safari import check_safari
from cli.checks.scheduler import check_scheduler
from cli.checks.server import check_database, check_redis
from cli.local.address import masked, plain, with_servers
from cli.screen import AsJson, show_json, show_table, talk
from host.membership import is_joined
from shared.settings import Settings

SIGNS = {"ok": Text("✓ ok", "green"), "warn": Text("! warn", "yellow"), "wrong": Text("✗ wrong", "red")}


def doctor(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Check everything; exit code 1 if something is wrong. A warning does not count."""
    settings = with_servers(context.obj)
    findings = list(examine_host(settings) if is_joined(settings.home) else examine(settings))
    ok = all(finding.state != "wrong" for finding in findings)
    if as_json:
        show_json(
            {
                "ok": ok,
                "database_url": masked(plain(settings.database_url)),
                "redis_url": masked(settings.redis_url),
                "checks": [asdict(finding) for finding in findings],
            }
        )
    else:
        rows = [(finding.name, SIGNS[finding.state], finding.what, finding.mend) for finding in findings]
        show_table(("check", "state", "what", "how to mend it"), rows, empty="")
        talk.print("All is well." if ok else "Something is wrong.")
    if not ok:
        raise typer.Exit(1)


def examine_host(settings: Settings) -> Iterator[Finding]:
    """Return all checks of a machine that has joined an installation as a host, and is nothing else."""
    yield from check_door(settings)
    yield check_browser(settings)
    yield from check_safari(settings)
    yield check_space(settings)


def examine(settings: Settings) -> Iterator[Finding]:
    """Return all checks; a cause comes before what it breaks."""
    yield from check_processes(settings)
    yield from check_database(settings)
    yield check_redis(settings)
    yield check_keys(settings)
    yield from check_scheduler(settings)
    yield from check_pages(settings)
    yield check_browser(settings)
    yield from check_safari(settings)
    yield from check_ffmpeg()
    yield check_space(settings)
