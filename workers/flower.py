"""How is Flower started, so that nobody but its owner sees it?

On loopback unless told otherwise, behind a generated password, read-only, and never as a source of truth. Its `/metrics` and
`/healthcheck` are not covered by the password (Flower's own limit); the address is what protects them.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

from flower import app, command
from tornado.httpserver import HTTPServer

from shared.private_file import keep_private
from shared.settings import handed_socket, load_settings
from workers.celery_program import run_celery

USER = "callsheet"


def password(path: Path) -> str:
    """Return the password in the file at `path`, which is made (mode 600) where it is missing."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text().strip()


def serve_on(descriptor: int) -> None:
    """Have Flower serve on a socket that listens already; it has no option for that."""
    listening = socket.socket(fileno=descriptor)
    listening.settimeout(0)  # as tornado's own do not block

    class Handed(app.Flower):  # type: ignore[misc]  # Flower ships no types
        def start_http_server(self) -> int:
            server = HTTPServer(self, xheaders=self.options.xheaders)
            server.add_socket(listening)
            port: int = listening.getsockname()[1]
            return port

    command.Flower = Handed


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
