"""What is in a backup file, and is it whole? A tar of the database's dump, the home's files, and a manifest with checksums.

Keys and passwords are never in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from shared.errors import ContentRejected

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
LARGEST_MANIFEST = 256 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup's table of contents: `keys` are ids of those that encrypted something, `sums` the SHA-256 of each member."""

    format: int
    version: str
    schema: str
    created_at: str
    keys: list[str]
    sums: dict[str, str] = field(default_factory=dict)


def write(file: Path, manifest: Manifest, dump: Path, home: Path, folders: Sequence[str]) -> Manifest:
    """Write a backup in one step (mode 600): an interrupted one leaves no file. Return the manifest with its sums."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as tar:
            for member, path in [(DUMP, dump), *_files(home, folders)]:
                manifest.sums[member] = _add(tar, member, path)
            text = json.dumps(asdict(manifest), indent=1).encode()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
            raw.flush()
            os.fsync(raw.fileno())
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return manifest


@contextmanager
def opened(file: Path) -> Iterator[tuple[tarfile.TarFile, Manifest]]:
    """Yield a backup whose every member is what its manifest says.

    Raises:
        ContentRejected: it is no backup, of another format, or damaged; the message names the member.
    """
    with ExitStack() as stack:
        try:
            tar = stack.enter_context(tarfile.open(file, mode="r:"))
            manifest = _manifest(tar)
            _check(tar, manifest)
        except (tarfile.TarError, OSError, KeyError, ValueError, TypeError) as error:
            raise ContentRejected(code="no_backup", message=f"{file} is no backup that can be read: {error}") from error
        yield tar, manifest


def unpack(tar: tarfile.TarFile, manifest: Manifest, home: Path, folders: Sequence[str]) -> int:
    """Put the files of these folders into the home, where they are not there yet; return how many there were."""
    count = 0
    for name in manifest.sums:
        parts = PurePosixPath(name).parts
        if len(parts) < 2 or parts[0] not in folders or ".." in parts:  # noqa: PLR2004 - a folder and a file in it
            continue
        target = home.joinpath(*parts)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not target.exists():
            with _member(tar, name) as source, target.open("xb") as file:
                while chunk := source.read(_CHUNK):
                    file.write(chunk)
        count += 1
    return count


def copy_dump(tar: tarfile.TarFile, target: Path) -> None:
    """Write the database's dump into a file of its own."""
    with _member(tar, DUMP) as source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)


def _files(home: Path, folders: Sequence[str]) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        for path in sorted((home / folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(home).as_posix(), path


def _add(tar: tarfile.TarFile, member: str, path: Path) -> str:
    with path.open("rb") as source:
        sum_of = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        entry = tarfile.TarInfo(member)
        entry.size, entry.mode, entry.mtime = path.stat().st_size, 0o600, path.stat().st_mtime
        tar.addfile(entry, source)
    return sum_of


def _manifest(tar: tarfile.TarFile) -> Manifest:
    if tar.getmember(MANIFEST).size > LARGEST_MANIFEST:
        message = "its manifest is too large"
        raise ValueError(message)
    with _member(tar, MANIFEST) as source:
        found = json.loads(source.read())
    if found.get("format") != FORMAT:
        message = f"its format is {found.get('format')}, and this version reads {FORMAT}"
        raise ValueError(message)
    return Manifest(**found)


def _check(tar: tarfile.TarFile, manifest: Manifest) -> None:
    for name, wanted in manifest.sums.items():
        with _member(tar, name) as source:
            if hashlib.file_digest(source, "sha256").hexdigest() != wanted:  # type: ignore[arg-type]  # reads like any file
                message = f"{name} is damaged"
                raise ValueError(message)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    found = tar.extractfile(name)
    if found is None:
        message = f"{name} is no file"
        raise ValueError(message)
    return found
