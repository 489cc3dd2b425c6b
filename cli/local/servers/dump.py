"""How is a database written into a file, and read back? By PostgreSQL's own programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from cli.local.address import plain
from cli.local.servers import cluster
from shared.errors import NotConfigured, Transient

LONGEST_S = 3600
NAMES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}


def dump(url: str, file: Path) -> None:
    """Write the whole database into a file in PostgreSQL's custom format, as of one instant, while others go on.

    Raises:
        NotConfigured: there is no pg_dump.
        Transient: it failed; the message carries its last words.
    """
    _run("pg_dump", url, "--format", "custom", "--no-owner", "--file", str(file))


def undump(url: str, file: Path) -> None:
    """Fill an empty database from such a file; all or nothing.

    Raises:
        NotConfigured: there is no pg_restore.
        Transient: it failed; the database is empty as before.
    """
    wanted = file.with_suffix(".list")
    # Default privileges name the old database's owner, who may not exist here; they are set after every restore.
    entries = _run("pg_restore", url, "--list", str(file)).splitlines()
    wanted.write_text("\n".join(entry for entry in entries if " DEFAULT ACL " not in entry))
    # In one transaction, which also stops at the first error.
    words = ("--no-owner", "--single-transaction", "--use-list", str(wanted), "--dbname", _parts(url)["PGDATABASE"])
    _run("pg_restore", url, *words, str(file))


def _run(program: str, url: str, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        [_found(program), *words], env=_parts(url), capture_output=True, text=True, check=False, timeout=LONGEST_S
    )
    if done.returncode:
        raise Transient(message=f"{program} failed: {' '.join(done.stderr.strip().splitlines()[:2])}")
    return done.stdout


def _parts(url: str) -> dict[str, str]:
    """Return an address as environment variables: on a command line every user would see the password."""
    found = conninfo_to_dict(plain(url))
    return {NAMES[name]: str(value) for name, value in found.items() if name in NAMES}


def _found(program: str) -> str:
    own = cluster.program(program)
    if own is not None:
        return str(own)
    if found := shutil.which(program):
        return found
    raise NotConfigured(setting="PATH", message=f"{program} is missing. Install PostgreSQL's client programs, 18 or newer.")
