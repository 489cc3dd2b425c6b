"""How is Flower started, so that nobody but its owner sees it?

On loopback unless told otherwise, behind a generated password, read-only, and never as a source of truth. Its `/metrics` and
`/healthcheck` are not covered by the password (Flower's own limit); the address is what protects them.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from pathlib import Path
from time import monotonic

from flower import app, command
from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.web import RequestHandler

from shared.private_file import keep_private
from shared.settings import handed_socket, load_settings
from workers.celery_program import run_celery

USER = "callsheet"
IDLE_S = 1800.0


def password(path: Path) -> str:
    """Return the password in the file at `path`, which is made (mode 600) where it is missing."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text().strip()


class OnDemand(app.Flower):  # type: ignore[misc]  # Flower ships no types
    """Flower on a socket that listens already, for which it has no option; it ends when nobody has asked for long."""

    listening: socket.socket

    def start_http_server(self) -> int:
        """Take what is listened on."""
        server = HTTPServer(self, xheaders=self.options.xheaders)
        server.add_socket(self.listening)
        self._asked = monotonic()
        PeriodicCallback(self.end_when_idle, IDLE_S * 1000 / 6).start()
        port: int = self.listening.getsockname()[1]
        return port

    def log_request(self, handler: RequestHandler) -> None:
        """Note that somebody asked; tornado says so at the end of each request."""
        self._asked = monotonic()
        super().log_request(handler)

    def end_when_idle(self) -> None:
        """End in order where nobody has asked for long: the next connection waits where it is listened, and starts another.

        Raises:
            SystemExit: it ends.
        """
        if monotonic() - self._asked > IDLE_S:
            sys.exit(0)


def serve_on(descriptor: int) -> None:
    """Have Flower serve what is handed over, for as long as somebody asks."""
    OnDemand.listening = socket.socket(fileno=descriptor)
    OnDemand.listening.settimeout(0)  # as tornado's own do not block
    command.Flower = OnDemand


def main() -> None:
    """Be Flower."""
    keep_private()
    settings = load_settings()
    if (descriptor := handed_socket()) is not None:
        serve_on(descriptor)
    secret = password(settings.home / "flower-password")
    words = (
        "--app", "workers.app", "flower", f"--address={settings.host}", f"--port={settings.flower_port}",
        "--enable_events=true", "--max_tasks=2000", "--logging=warning",
    )  # fmt: skip
    # By environment, not by argument: a command line can be read by everybody on the machine.
    run_celery(*words, FLOWER_BASIC_AUTH=f"{USER}:{secret}", FLOWER_READ_ONLY="true")


if __name__ == "__main__":
    main()
