"""callsheet up, callsheet down: start and stop everything."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.markup import escape

from cli.local.address import flower_url, gateway_url, sandbox_url
from cli.local.house import House, close_house, open_house, record_processes
from cli.local.supervision.process import supervisor_of
from cli.local.supervision.ready import wait_until_ready
from cli.screen import AsJson, data, show_json, talk
from shared.errors import Transient
from shared.settings import Settings

READY_S = 120.0  # a busy machine may take this long; a part that keeps ending is reported at once
WATCH_S = 1.0
# Signals that stop everything in the foreground.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(
    context: typer.Context,
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when all is ready, and leave it running.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start everything on this machine; Ctrl-C stops it again."""
    settings: Settings = context.obj
    with stopping_on_signal():
        try:
            house = start_all(settings)
            show_addresses(house, as_json=as_json)
            if not detach:
                talk.print("[dim]Ctrl-C stops everything.[/dim]")
                _watch(settings)
        except KeyboardInterrupt:
            stop_all(settings)


def down(context: typer.Context) -> None:
    """Stop everything that runs on this machine for this home."""
    stop_all(context.obj)


def start_all(settings: Settings) -> House:
    """Start everything, wait until it is ready and report each part; on an error nothing stays behind."""
    begun = time.monotonic()

    def tell(name: str, what: str) -> None:
        talk.print(f"  [green]✓[/green] {name:<24} [dim]{time.monotonic() - begun:5.1f} s  {escape(what)}[/dim]")

    house = open_house(settings, tell)
    try:
        wait_until_ready(house, tell, seconds=READY_S)
        record_processes(settings.home)
    except BaseException:
        close_house(settings.home)
        raise
    talk.print(f"Ready in {time.monotonic() - begun:.1f} s.")
    return house


def stop_all(settings: Settings) -> None:
    """Stop everything, and say so; a second Ctrl-C does not interrupt it, it takes seconds at most."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        talk.print("Stopping …")
        ran = supervisor_of(settings.home) is not None
        for name in (ended := close_house(settings.home)):
            talk.print(f"  ended {escape(name)}")
        talk.print("Stopped." if ran or ended else "Nothing was running.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show_addresses(house: House, *, as_json: bool) -> None:
    """Print all addresses."""
    settings = house.settings
    gateway = gateway_url(settings)
    password = settings.home / "flower-password"
    if as_json:
        urls = {
            "gateway": gateway,
            "live": live_url(house),
            "flower": flower_url(settings),
            "sandbox": sandbox_url(settings),
        }
        show_json(urls | {"flower_user": "callsheet", "flower_password_file": str(password), "home": str(settings.home)})
        return
    lines = {
        "Live page": live_url(house),
        "Gateway": f"{gateway}/openapi.json",
        "Flower": f"{flower_url(settings)}  (user callsheet, password in {password})",
        "Practice": sandbox_url(settings),
    }
    for name, value in lines.items():
        data.print(f"{name:<10} {value}", soft_wrap=True, markup=False)


def live_url(house: House) -> str:
    """Return the live page's address with the key in the fragment, which no browser sends and no server logs."""
    return f"{gateway_url(house.settings)}/#key={house.api_key}"


@contextmanager
def stopping_on_signal() -> Iterator[None]:
    """Treat SIGTERM and a closed terminal like Ctrl-C; and SIGINT where a shell's `&` had switched it off."""

    def interrupt(number: int, frame: object) -> None:  # noqa: ARG001 - the signature that `signal` asks for
        raise KeyboardInterrupt

    hung_up = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # nohup leaves SIGHUP ignored
    before = {number: signal.signal(number, interrupt) for number in SIGNALS if number != signal.SIGHUP or not hung_up}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(settings: Settings) -> None:
    """Stay in the foreground while the supervisor lives; clean up when it was killed."""
    supervisor = supervisor_of(settings.home)
    while supervisor is not None and supervisor_of(settings.home) == supervisor:
        time.sleep(WATCH_S)
    if close_house(settings.home):
        raise Transient(code="supervisor_died", message="The supervisor was killed; what it had started was stopped.")
    talk.print("Stopped.")
