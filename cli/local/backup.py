"""How is a whole home written into one file, and restored from it?"""

from __future__ import annotations

import importlib.metadata
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from cli.local import archive
from cli.local.archive import Manifest
from cli.local.servers import dump
from shared.crypto import Keyring
from shared.db import schema
from shared.db.migrate import make_roles, migrate
from shared.encryption_keys.prove import prove
from shared.encryption_keys.state import keys_in_use
from shared.errors import Conflict, NotConfigured
from shared.identity.bootstrap import KEY_NAME
from shared.settings import Settings
from shared.system.restore import pause_restored, require_empty

# What is worth keeping besides the database. Browser profiles hold sign-ins in the clear, and are left out.
FOLDERS = ("media", "proofs", "evidence")
AUTOMATIC = "before-"
MOST_AUTOMATIC = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a restore: its schema and the one it was migrated to, ciphertexts that could be decrypted, and files."""

    created_at: str
    was: str
    schema: str
    opened: int
    files: int


def back_up(settings: Settings, file: Path, *, folders: tuple[str, ...] = FOLDERS) -> Manifest:
    """Write the database as of one instant, then the home's files, while all runs on; keys and passwords stay out.

    Raises:
        Conflict: the file exists, or the database is empty.
        NotConfigured, Transient: as `dump`.
    """
    if file.exists():
        raise Conflict(code="exists", message=f"{file} exists already, and is not overwritten.")
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.connect() as connection:
        state = schema.schema_state(connection)
        if state.current is None:
            raise Conflict(code="empty", message="There is nothing in the database yet.")
        keys = keys_in_use(connection)
    version = importlib.metadata.version("callsheet")
    manifest = Manifest(archive.FORMAT, version, state.current, datetime.now(UTC).isoformat(timespec="seconds"), keys)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder:
        path = Path(folder) / archive.DUMP
        # First the rows, then the files: a file is written before the row that names it.
        dump.dump(settings.database_url, path)
        return archive.write(file, manifest, path, settings.home, folders)


def restore(settings: Settings, file: Path, keyring: Keyring) -> Restored:
    """Fill an empty database and the home's folders from a backup, migrate the schema, and pause everything.

    No ledger knows what was done after the backup was made: nothing goes on before a person says so.

    Raises:
        ContentRejected: the file is no backup, or is damaged.
        NotConfigured: a key is missing.
        Conflict: the database is not empty, or the backup is of a newer version.
        Transient: PostgreSQL refused it; the database is empty as before.
    """
    with archive.opened(file) as (tar, manifest):
        if missing := set(manifest.keys) - {key_id for key_id, _ in keyring.keys}:
            message = (
                f"The backup needs the keys {', '.join(sorted(missing))}, which are not here: name their file by --keys."
            )
            raise NotConfigured(setting="CALLSHEET_KEYS", message=message)
        if not schema.is_known(manifest.schema):
            message = f"The backup has schema {manifest.schema}, newer than this version's {schema.head()}."
            raise Conflict(code="newer_schema", message=f"{message} Restore it with Callsheet {manifest.version}.")
        _make_ready(settings)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.home) as folder:
            path = Path(folder) / archive.DUMP
            archive.copy_dump(tar, path)
            dump.undump(settings.database_url, path)
        after = migrate(settings)
        opened = prove(settings=settings, keyring=keyring)
        _hold(settings, manifest)
        files = archive.unpack(tar, manifest, settings.home, FOLDERS)
    return Restored(manifest.created_at, manifest.schema, after.current or "", opened, files)


def back_up_before(settings: Settings, current: str) -> Path:
    """Write a backup of the database before its schema is changed; the newest three of these are kept."""
    folder = settings.home / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{AUTOMATIC}{schema.head()}-{current}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
    back_up(settings, file, folders=())
    for old in sorted(folder.glob(f"{AUTOMATIC}*.tar"), key=lambda path: path.stat().st_mtime)[:-MOST_AUTOMATIC]:
        old.unlink()
    return file


def _make_ready(settings: Settings) -> None:
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        require_empty(connection)
        make_roles(connection)


def _hold(settings: Settings, manifest: Manifest) -> None:
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        reason = f"restored from the backup of {manifest.created_at}: look at what was done since, then resume"
        # Without its text, which stayed in the old home, a key is useless; the next start makes a new one.
        has_text = (settings.home / "credentials.json").is_file()
        pause_restored(connection, reason, end_keys=None if has_text else KEY_NAME)
