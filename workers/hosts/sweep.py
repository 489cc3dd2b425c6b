"""Which files on this machine are no longer kept? Screenshots and evidence lie on the machine that made them.

Housekeeping decides in the database what is kept; each machine, by its keeper, follows with its own files. Unknown files
(a worker ended between file and row, or an older database was restored) are kept as long as a screenshot is.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.session import connect, single_statements
from shared.effects.proof_files import ENDINGS
from shared.engine.store import proofs
from shared.own_processes import forget_dead_processes
from shared.settings import Settings

log = structlog.get_logger()

EVERY_S = 3600.0  # as often as housekeeping
AT_ONCE = 500
DAY_S = 86_400
# Half a megabyte each at most: a page that is unreadable for weeks must fill no disk.
MOST_EVIDENCE = 200


async def sweep_regularly(settings: Settings, stopping: asyncio.Event) -> None:
    """Sweep now and every hour until told to stop."""
    while not stopping.is_set():
        engine = connect(settings, "worker", pool_size=1)
        try:
            await sweep(engine, settings)
        except (SQLAlchemyError, OSError) as error:
            log.warning("sweep.trouble", error=repr(error)[:500])
        finally:
            await engine.dispose()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_S)


async def sweep(engine: AsyncEngine, settings: Settings) -> int:
    """Remove this machine's files that are no longer kept; return how many screenshots and folders of evidence."""
    gone = await _sweep_proofs(engine, settings.home / "proofs", time.time() - settings.keep_proofs_d * DAY_S)
    evidence = settings.home / "evidence"
    gone += await asyncio.to_thread(_sweep_evidence, evidence, time.time() - settings.keep_evidence_d * DAY_S)
    await asyncio.to_thread(forget_dead_processes, settings.home)
    if gone:
        log.info("sweep.removed", files=gone)
    return gone


async def _sweep_proofs(engine: AsyncEngine, folder: Path, oldest: float) -> int:
    """Remove screenshots in batches: those marked as removed, and unknown ones that are older than `oldest`."""
    gone, names = 0, _proofs_in(folder)
    while batch := await asyncio.to_thread(lambda: list(islice(names, AT_ONCE))):
        async with single_statements(engine).connect() as connection:
            states = await proofs.states(connection, [proof for proof, _ in batch])
        for proof, path in batch:
            if states.get(proof, False) or (proof not in states and _is_older(path, oldest)):
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
                    gone += 1
    return gone


def _proofs_in(folder: Path) -> Iterator[tuple[UUID, Path]]:
    """Yield files that have a proof's name; other files are not ours to remove."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            name, _, ending = entry.name.partition(".")
            with contextlib.suppress(ValueError):
                if ending in ENDINGS.values() and entry.is_file(follow_symlinks=False):
                    yield UUID(name), Path(entry.path)


def _sweep_evidence(folder: Path, oldest: float) -> int:
    """Remove folders by their own age, and the oldest of too many."""
    if not folder.is_dir():
        return 0
    kept = sorted((path for path in folder.iterdir() if path.name.isdigit() and path.is_dir()), key=_changed_at)
    too_many = len(kept) - MOST_EVIDENCE
    gone = [path for number, path in enumerate(kept) if number < too_many or _is_older(path, oldest)]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)


def _is_older(path: Path, instant: float) -> bool:
    return _changed_at(path) < instant


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")  # another process has removed it just now
