"""Which commands does `callsheet` have, and how is an error shown?"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from cli.screen import talk
from shared.errors import CallsheetError, NotConfigured
from shared.private_file import keep_private
from shared.settings import load_settings

# Each command and its module. Only the requested one is imported: with migrations and servers `up` takes a second to
# import, which `callsheet queue` must not cost.
COMMANDS = {
    "up": "cli.up",
    "down": "cli.up",
    "demo": "cli.demo",
    "doctor": "cli.doctor",
    "queue": "cli.queue",
    "history": "cli.history",
    "logs": "cli.logs",
    "plan": "cli.plan",
    "pause": "cli.pause",
    "resume": "cli.pause",
    "resources": "cli.resources",
    "sleep": "cli.sleep",
    "wake": "cli.sleep",
    "comment": "cli.submit",
    "dm": "cli.submit",
    "sora": "cli.sora",
    "worker": "cli.worker",
    "migrate": "cli.migrate",
    "backup": "cli.backup",
    "restore": "cli.backup",
}
GROUPS = {
    "task": "cli.task",
    "run": "cli.run",
    "dead-letters": "cli.dead_letters",
    "account": "cli.account",
    "host": "cli.host",
    "persona": "cli.persona",
    "keys": "cli.keys",
    "approvals": "cli.approvals",
    "audit": "cli.audit",
}


def build(asked: str = "") -> typer.Typer:
    """Return the command line with the one command that is asked for, or with all of them (for help)."""
    app = typer.Typer(name="callsheet", no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback()(settings)
    known = asked in COMMANDS | GROUPS
    for name, module in COMMANDS.items():
        if not known or name == asked:
            app.command(name)(getattr(importlib.import_module(module), name))
    for name, module in GROUPS.items():
        if not known or name == asked:
            app.add_typer(importlib.import_module(module).app, name=name)
    return app


def show_version(asked: bool) -> None:  # noqa: FBT001 - Typer hands over what was said
    """Print which version this is, and end; no setting is read for it."""
    if asked:
        typer.echo(f"callsheet {importlib.metadata.version('callsheet')}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", is_eager=True, callback=show_version, help="Print the version.")]


def settings(context: typer.Context, *, version: Version = False) -> None:  # noqa: ARG001 - its callback has answered it
    """Run typed tasks for social accounts: who does what, where and when, each done once and only once."""
    context.obj = load_settings()


def run() -> None:
    """Run the command line: an error of ours, or of a path, is one line on stderr and exit code 1."""
    keep_private()
    try:
        build(*sys.argv[1:2])()
    except CallsheetError as error:
        _fail(one_line(error))
    except OSError as error:
        # A path that somebody has named, or the home itself; an OSError without a path is a fault of ours.
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}.")


def _fail(said: str) -> NoReturn:
    talk.print(f"[red]✗[/red] {escape(said)}", soft_wrap=True)
    sys.exit(1)


def one_line(error: CallsheetError) -> str:
    """Return what went wrong and how to fix it."""
    if isinstance(error, NotConfigured) and error.setting and error.setting not in error.message:
        return f"{error.message} (setting: {error.setting})"
    return error.message or error.code
