"""Which ports are free, and which process holds one that is not?"""

from __future__ import annotations

import errno
import secrets
import socket

import psutil

from shared.errors import NotConfigured

# Below the ports of outgoing connections (from 32768 on Linux, from 49152 on macOS): one of those could hold the port of
# a server that is just being restarted.
LOWEST = 20_000
HIGHEST = 30_000


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a connection in TIME_WAIT after a restart is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def kept_or_free(port: int | None, host: str = "127.0.0.1") -> int:
    """Return the port that was used before if it is free, else any free one.

    Raises:
        NotConfigured: a hundred ports in a row were taken.
    """
    if port and is_free(host, port):
        return port
    for _ in range(100):
        chosen = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        if is_free(host, chosen):
            return chosen
    raise NotConfigured(setting="CALLSHEET_DATABASE_URL", message=f"No port of {host} is free from {LOWEST} to {HIGHEST}.")


def holder_of(port: int) -> str:
    """Return who listens on the port, as `name (pid 1)`; "another process" where the system does not tell us."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        # macOS shows the connections of other processes to root alone.
        pass
    return "another process"


def require_free(host: str, port: int, *, what: str, setting: str) -> None:
    """Check that a part can listen.

    Raises:
        NotConfigured: the port is taken, or the address is not this machine's.
    """
    try:
        if is_free(host, port):
            return
    except OSError as error:
        raise NotConfigured(
            setting="CALLSHEET_HOST", message=f"{what} cannot listen on {host}:{port}: {error.strerror}."
        ) from error
    raise NotConfigured(
        setting=setting,
        message=f"Port {port} of the {what} is taken by {holder_of(port)}. End it, or set {setting} to a free port.",
    )
