"""Is each attack refused because of its guard? Each is made with the guard in place, and without it, where it succeeds."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import AsyncMock
from uuid import UUID

import httpx
import psutil
import psycopg
import pytest

from shared.db.session import connect
from shared.hosts.relay import DoorClient
from shared.identity import invitations
from shared.identity.sessions import token_keys
from shared.identity.sessions.access_tokens import Access, make_access_token
from shared.identity.store import people
from shared.process_identity import identity_of
from shared.system.store import switches
from tests.attack.test_database import CAST_OF_MINE
from tests.support.dispatching import Wire, lead_for
from tests.support.gateway import PROBE, Gateway, new_workspace
from tests.support.people import PASSWORD, forget_tries, log_in, signed_in
from tests.support.plain import untraced
from tests.support.stack import ROOT
from workers import keeper

GUARDED = pytest.mark.parametrize("guarded", [True, False])
STRANGER = "callsheet_test_attacker"
BOUND_S = 14.0  # transactions may last for ten seconds


@contextmanager
def without(gateway: Gateway, taken_away: str, given_back: str) -> Iterator[None]:
    """The database without a guard."""
    gateway.query(taken_away)
    try:
        yield
    finally:
        gateway.query(given_back)


def address_as(gateway: Gateway, role: str) -> str:
    return gateway.settings.database_url_for(role).replace("+psycopg", "")


def refused(attack: Callable[[], object]) -> bool:
    """Whether PostgreSQL refuses."""
    try:
        attack()
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation):
        return True
    return False


@GUARDED
def test_a_token_is_forged_with_the_keys_of_a_worker_only_where_no_secret_is_mixed_in(
    gateway: Gateway, monkeypatch, guarded
):
    mara = signed_in(gateway, "mara@example.org", "local")
    session = mara.http.get("/api/me").json()["person"]["session_id"]
    if not guarded:
        monkeypatch.setattr(token_keys, "mixed", lambda keyring, _secret: keyring)

    access = Access(UUID(mara.id), UUID(session))
    forged = make_access_token(gateway.settings.keyring(), access, now=time.time(), seconds=600)

    assert gateway.with_key(forged).get("/api/me").status_code == (401 if guarded else 200)


@GUARDED
def test_a_key_grows_by_an_invitation_only_where_nobody_asks_what_it_holds(gateway: Gateway, monkeypatch, guarded):
    key = gateway.with_key(new_workspace(gateway.settings, "local", ("manage",)))
    if not guarded:
        monkeypatch.setattr(invitations, "require_held", lambda _caller, _role: None)

    answer = key.post("/api/invitations", json={"email": "accomplice@example.org", "role": "owner"})

    assert answer.status_code == (403 if guarded else 201)


@GUARDED
def test_an_invited_strangers_address_is_squatted_only_where_accepting_proves_it(gateway: Gateway, monkeypatch, guarded):
    """Whoever invites holds the token, and accepts for the stranger; if that proves the address, it is theirs everywhere."""
    if not guarded:
        monkeypatch.setattr(people, "add_person", partial(as_proved, people.add_person))
    attacker = gateway.with_key(new_workspace(gateway.settings, "attackers", ("read", "submit", "approve", "manage")))
    invited = {"email": "stranger@example.org", "role": "viewer"}

    def accept(made: httpx.Response, password: str) -> int:
        body = {"token": made.json()["token"], "password": password}
        return gateway.post("/api/invitations/accept", body, Authorization="").status_code

    assert accept(attacker.post("/api/invitations", json=invited), "a password of the attacker") == 201
    real = accept(gateway.post("/api/invitations", invited), "three herons on a fence by night")

    # The stranger cannot come in where they belong, and whoever looks the address up finds the attacker.
    assert (real == 201) is guarded
    found = gateway.query("SELECT proved FROM people WHERE email = 'stranger@example.org'")
    assert found == ([{"proved": False}, {"proved": False}] if guarded else [{"proved": True}])


async def as_proved(add: Callable[..., Awaitable[None]], *of_person: object, proved: bool) -> None:
    """Add somebody as `add` does, and take their address for proved."""
    assert not proved
    await add(*of_person, proved=True)


@GUARDED
def test_a_worker_stops_the_dispatch_of_all_only_where_an_instant_may_be_infinite(gateway: Gateway, guarded):
    task = gateway.submit(PROBE)["id"]

    def attack() -> None:
        with psycopg.connect(address_as(gateway, "worker"), autocommit=True) as worker:
            worker.execute("UPDATE tasks SET not_before = 'infinity', due_at = 'infinity' WHERE id = %s", (task,))

    if guarded:
        assert refused(attack)
        return
    shape = gateway.query("SELECT pg_get_constraintdef(oid) AS said FROM pg_constraint WHERE conname = 'ck_tasks_finite'")
    with without(
        gateway,
        "ALTER TABLE tasks DROP CONSTRAINT ck_tasks_finite",
        f"ALTER TABLE tasks ADD CONSTRAINT ck_tasks_finite {shape[0]['said']} NOT VALID",
    ):
        assert not refused(attack)
        assert gateway.query("SELECT 1 AS it FROM tasks WHERE due_at = 'infinity'") == [{"it": 1}]


@GUARDED
def test_a_worker_blocks_every_sign_in_only_where_it_may_lock_people(gateway: Gateway, guarded):
    signed_in(gateway, "nora@example.org", "local")
    forget_tries(gateway)

    with psycopg.connect(address_as(gateway, "worker")) as worker:

        def attack() -> None:
            # What bounds a paused process bounds nobody who means it: each session may set its own time-outs.
            worker.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            worker.execute("SET LOCAL transaction_timeout = 0")
            worker.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")

        if guarded:
            assert refused(attack)
            worker.rollback()
            assert log_in(gateway, "nora@example.org", PASSWORD).status_code == 200
            return
        with without(gateway, "GRANT UPDATE ON people TO callsheet_worker", "SELECT 1"):
            assert not refused(attack)
            assert log_in(gateway, "nora@example.org", PASSWORD).status_code == 503
        worker.rollback()
        gateway.query("REVOKE UPDATE ON people FROM callsheet_worker")


@GUARDED
def test_a_worker_becomes_superuser_only_where_it_makes_objects_that_our_functions_meet(gateway: Gateway, guarded):
    """A login of its own plays the worker: a superuser, even for a second, would be one for every test beside this one."""
    gateway.query(f"DROP ROLE IF EXISTS {STRANGER}")
    gateway.query(f"CREATE ROLE {STRANGER} LOGIN PASSWORD 'a-test' IN ROLE callsheet_worker")
    address = gateway.settings.database_url
    where = address.rpartition("@")[2]
    database = gateway.query("SELECT current_database() AS name")[0]["name"]

    def attack() -> None:
        address = f"postgresql://{STRANGER}:a-test@{where}"  # pragma: allowlist secret
        with psycopg.connect(address, autocommit=True) as stranger:
            stranger.execute(CAST_OF_MINE.replace("' || session_user || '", STRANGER))

    owner = gateway.query("SELECT proowner::regrole::text AS name FROM pg_proc WHERE proname = 'audit_row'")[0]["name"]
    taken = (
        f'GRANT TEMPORARY ON DATABASE "{database}" TO PUBLIC; GRANT EXECUTE ON FUNCTION audit_row() TO PUBLIC;'
        " ALTER FUNCTION audit_row() OWNER TO callsheet_owner"
    )
    back = (
        f'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC; REVOKE EXECUTE ON FUNCTION audit_row() FROM PUBLIC;'
        f" ALTER FUNCTION audit_row() OWNER TO {owner}"
    )
    powerful = f"SELECT rolsuper FROM pg_roles WHERE rolname = '{STRANGER}'"
    try:
        if guarded:
            assert refused(attack)
        else:
            with without(gateway, taken, back):
                assert not refused(attack)
        assert gateway.query(powerful) == [{"rolsuper": not guarded}]
    finally:
        gateway.query(f"DROP ROLE {STRANGER}")


@GUARDED
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another user")
def test_another_user_reads_a_file_of_ours_only_where_no_process_keeps_it_private(guarded):
    kept = "from shared.private_file import keep_private; keep_private()" if guarded else "pass"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        program = f"{kept}\nfrom pathlib import Path\nPath({str(folder / 'proof.png')!r}).write_text('ours')"
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=untraced(), check=True, umask=0)
        words = ["/bin/cat", str(folder / "proof.png")]
        read = subprocess.run(words, user="nobody", group="nogroup", extra_groups=[], capture_output=True, check=False)

    assert read.stdout == (b"" if guarded else b"ours")


NAMES_A_STRANGER = """
    INSERT INTO attempts (workspace_id, task_id, kind, lane, release_seq, host, pid, process_identity, deadline_at,
                          lease_until, ended_at, outcome)
    SELECT workspace_id, id, 'perform', lane, 1, %s, %s, %s, now(), now(), now(), 'lost' FROM tasks WHERE id = %s
"""


@GUARDED
def test_a_worker_has_another_machines_process_killed_only_where_the_keeper_believes_the_database(
    gateway: Gateway, monkeypatch, guarded
):
    """The attacker has a worker's login, and has learned how the kernel counts on the machine of the keeper."""
    settings, task = gateway.settings, gateway.submit(PROBE)["id"]
    if not guarded:
        monkeypatch.setattr(keeper, "is_own_process", lambda _home, _pid: True)

    async def keep() -> None:
        engine = connect(settings, "worker", pool_size=1)
        await keeper.end_lost(engine, settings, DoorClient(settings.redis_url))
        await engine.dispose()

    with subprocess.Popen(["sleep", "600"]) as stranger:
        try:
            with psycopg.connect(address_as(gateway, "worker"), autocommit=True) as worker:
                named = (settings.machine, stranger.pid, identity_of(stranger.pid), task)
                worker.execute(NAMES_A_STRANGER, named)
            asyncio.run(keep())
            assert (psutil.Process(stranger.pid).status() == psutil.STATUS_ZOMBIE) is not guarded
        finally:
            stranger.kill()


TAKES_NUMBERS = "SELECT * FROM take_event_numbers(ARRAY[%s::uuid], ARRAY[1::bigint])"
HOLDS: dict[str, Callable[[psycopg.Connection], object]] = {
    "idle": lambda _: None,
    "busy": lambda worker: worker.execute("SELECT 1"),
}


@pytest.mark.parametrize(("holds", "guarded"), [("idle", True), ("busy", True), ("busy", False)])
def test_a_worker_stops_everybodys_events_only_where_nobody_ends_its_session(gateway: Gateway, monkeypatch, holds, guarded):
    """It may set its own time-outs anew, and keeps what it has taken; whoever changes a task waits for it."""
    if not guarded:
        monkeypatch.setattr(switches, "end_overlong_transactions", AsyncMock(return_value=[]))
    with closing(psycopg.connect(address_as(gateway, "worker"))) as worker:
        for name in ("idle_in_transaction_session_timeout", "transaction_timeout", "lock_timeout"):
            worker.execute(f"SET {name} = 0")
        worker.commit()
        worker.execute(TAKES_NUMBERS, [gateway.workspace_id])
        begun = time.monotonic()

        def is_ended() -> bool:
            try:
                HOLDS[holds](worker)
            except psycopg.errors.AdminShutdown:
                return True
            return not gateway.query("SELECT 1 FROM pg_stat_activity WHERE pid = %(pid)s", pid=worker.info.backend_pid)

        while not (ended := is_ended()) and time.monotonic() - begun < BOUND_S:
            lead_for(gateway, Wire(), 1)
        assert ended is guarded
        assert gateway.post("/api/scheduler/task", PROBE).status_code == (201 if guarded else 503)
