"""Does everything come out of a backup as it went in, and nothing out of one that is not whole?"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from cli.local.port import kept_or_free
from cli.local.secret import write_json
from cli.local.server_files import forget
from cli.local.servers import postgres
from cli.local.servers.cluster import program
from cli.local.supervision.process import supervisor_of
from shared.crypto import create_keyring
from shared.db.migrate import migrate
from shared.db.schema import head
from shared.encryption_keys.encrypted_columns import SEALED
from shared.identity.bootstrap import bootstrap_local
from shared.ids import new_id
from shared.private_file import write_private
from shared.settings import Settings
from tests.support.stack import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

COMMAND = [sys.executable, "-c", "from cli.main import run; run()"]
FIRST_RELEASE = Path(__file__).parents[2] / "fixtures" / "first_release.sql.gz"
# The keys of the home that the fixture was made in, which is no more.
FIRST_KEYS = "k56b16576:OnpPzFndQN773lPnjXykMKNoumMeXHzdxUXWgK2wKts=\n"
FIRST_API_KEY = "csk_2PLvQge8_iMJkUYaePAWjLG41nsArYTtPLvBsYDw8sWf_8uwenAY"
SECRET = "whsec_canary"


@dataclass(frozen=True)
class Machine:
    """A home with ports of its own, and the command line on it."""

    home: Path

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLSHEET_")}
        environment = inherited | {"CALLSHEET_HOME": str(self.home)} | more
        command = [*COMMAND, *words]
        # With the umask of whoever keeps nothing to themselves.
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=150, env=environment, umask=0)

    def done(self, *words: str, **more: str) -> str:
        answer = self.run(*words, **more)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    @contextmanager
    def database(self) -> Iterator[Settings]:
        """The home's PostgreSQL, started for as long as it is looked at."""
        running = postgres.start(self.home)
        try:
            yield Settings(home=self.home, database_url=running.url)
        finally:
            running.stop()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """Two machines: one to move from, one to move to."""
    made = (Machine(tmp_path / "old"), Machine(tmp_path / "new"))
    yield made
    for machine in made:
        if supervisor_of(machine.home):
            machine.run("down")
        forget(machine.home, "postgres")


def lived_in(machine: Machine) -> str:
    """A home with a webhook whose secret is encrypted, and a proof; answers the webhook's id."""
    machine.home.mkdir()
    keyring = create_keyring(machine.home / "keys")
    (machine.home / "proofs").mkdir()
    (machine.home / "proofs" / "one.png").write_bytes(b"a picture")
    webhook = new_id()
    with machine.database() as settings:
        migrate(settings)
        workspace = bootstrap_local(settings, ["instagram"]).workspace_id
        sealed = keyring.seal({"secret": SECRET}, owner=str(workspace), account=str(webhook))
        values = {"id": webhook, "workspace": workspace, "secret": sealed}
        rows(
            settings,
            "INSERT INTO webhooks (id, workspace_id, url, types, secret, cursor)"
            " VALUES (:id, :workspace, 'https://example.com', ARRAY['task.failed'], :secret, 0) RETURNING 1",
            **values,
        )
    return str(webhook)


def rows(settings: Settings, statement: str, **values: object) -> list[tuple[object, ...]]:
    engine = create_engine(settings.database_url_for("owner"), poolclass=NullPool)
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def secret_of(settings: Settings, webhook: str) -> str:
    [(workspace, sealed)] = rows(settings, "SELECT workspace_id, secret FROM webhooks WHERE id = :id", id=webhook)
    return settings.keyring().open(str(sealed), owner=str(workspace), account=webhook)["secret"]


def test_a_drill_into_an_empty_cluster_gives_everything_back_and_holds_it(machines, tmp_path):
    old, new = machines
    webhook = lived_in(old)
    file, keys = tmp_path / "all.tar", tmp_path / "keys.txt"
    said = old.run("backup", str(file))
    assert said.returncode == 0, said.stderr
    assert "keys export" in said.stderr
    old.done("keys", "export", str(keys))
    assert keys.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as tar:
        assert {member.name for member in tar} == {"database.dump", "proofs/one.png", "manifest.json"}
    assert SECRET.encode() not in file.read_bytes()

    done = json.loads(new.done("restore", str(file), "--keys", str(keys), "--json"))

    assert (done["schema"], done["opened"], done["files"]) == (head(), 1, 1)
    assert (new.home / "proofs" / "one.png").read_bytes() == b"a picture"
    with new.database() as settings:
        assert secret_of(settings, webhook) == SECRET
        held = rows(
            settings,
            "SELECT s.reason FROM workspaces w LEFT JOIN scopes s ON s.workspace_id = w.id AND s.key = 'all'"
            " WHERE w.id <> '00000000-0000-7000-8000-000000000001'",
        )
        assert all("resume" in str(reason) for (reason,) in held)
        # What the way in was stayed in the old home.
        assert rows(settings, "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL") == [(0,)]
    _comment_after_a_look(new)


def _comment_after_a_look(new: Machine) -> None:
    """Nothing goes on before somebody says so, and everything does then."""
    ports = {f"CALLSHEET_{name}PORT": str(kept_or_free(None)) for name in ("", "FLOWER_", "SANDBOX_")}
    new.done("up", "--detach", **ports)
    sandbox = f"http://127.0.0.1:{ports['CALLSHEET_SANDBOX_PORT']}/_truth"
    post = httpx.get(f"{sandbox}/posts?platform=instagram", timeout=10, trust_env=False).json()[0]["url"]
    words = ("comment", post, "Back again.", "--platform", "instagram", "--account", "demo", "--json")
    task = json.loads(new.done(*words, **ports))["id"]

    def shown() -> dict[str, object]:
        found: dict[str, object] = json.loads(new.done("task", "show", task, "--json", **ports))
        return found

    gates = json.loads(new.done("task", "explain", task, "--json", **ports))["gates"]
    assert "restored from the backup" in str([gate["reason"] for gate in gates if not gate["open"]])
    new.done("resume", **ports)
    wait_for("the comment is there", lambda: shown()["status"] == "completed", seconds=60, every=0.5)
    assert len(httpx.get(f"{sandbox}/effects?platform=instagram", timeout=10, trust_env=False).json()) == 1
    new.run("down")
    _assert_private(new.home)


def _assert_private(home: Path) -> None:
    """Nobody else may look into a home, at what was restored, logged or stored there."""
    open_to_others = [
        f"{path.relative_to(home.parent)} {path.lstat().st_mode & 0o777:o}"
        for path in (home, *home.rglob("*"))
        if not path.is_symlink() and path.lstat().st_mode & 0o077
    ]
    assert open_to_others == []


def test_a_home_moves_to_a_server_with_roles_of_its_own(machines, tmp_path):
    """As the compose file has it: addresses and keys from the environment."""
    old, new = machines
    webhook = lived_in(old)
    file = tmp_path / "all.tar"
    old.done("backup", str(file))
    running = postgres.start(tmp_path / "server")
    try:
        keys = (old.home / "keys").read_text().strip()
        new.done("restore", str(file), CALLSHEET_DATABASE_URL=running.url, CALLSHEET_KEYS=keys)
        settings = Settings(home=new.home, database_url=running.url, keys=keys)
        assert secret_of(settings, webhook) == SECRET
        with psycopg.connect(settings.database_url_for("gateway").replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)
        again = new.run("restore", str(file), CALLSHEET_DATABASE_URL=running.url, CALLSHEET_KEYS=keys)
        assert again.returncode == 1
        assert "not empty" in again.stderr
    finally:
        running.stop(forget_data=True)


def test_a_backup_that_cannot_be_read_back_is_refused_before_anything_is_changed(machines, tmp_path):
    old, new = machines
    lived_in(old)
    file = tmp_path / "all.tar"
    old.done("backup", str(file))
    assert "exists already" in old.run("backup", str(file)).stderr

    (other := tmp_path / "other-keys").mkdir()
    create_keyring(other / "keys")
    refused = new.run("restore", str(file), "--keys", str(other / "keys"))
    assert "The backup needs the keys k" in refused.stderr

    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"a picture", b"a forgery"))
    assert "proofs/one.png is damaged" in new.run("restore", str(file)).stderr
    file.write_bytes(whole[: len(whole) // 2])
    assert "is no backup that can be read" in new.run("restore", str(file)).stderr
    with new.database() as settings:
        assert rows(settings, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_keys_are_rotated_and_old_ones_retired(machines):
    old, _ = machines
    webhook = lived_in(old)
    [before] = json.loads(old.done("keys", "list", "--json"))["items"]

    rotated = json.loads(old.done("keys", "rotate", "--json"))

    assert rotated["encrypted_again"] == 1
    newest, oldest = json.loads(old.done("keys", "list", "--json"))["items"]
    assert (newest["id"], newest["ciphertexts"]) == (rotated["newest"], 1)
    assert (oldest["id"], oldest["ciphertexts"]) == (before["id"], 0)
    old.done("keys", "retire")
    assert [key["id"] for key in json.loads(old.done("keys", "list", "--json"))["items"]] == [newest["id"]]
    with old.database() as settings:
        assert secret_of(settings, webhook) == SECRET
        # Their passwords come from the oldest key, which is another one now.
        with psycopg.connect(settings.database_url_for("worker").replace("+psycopg", "")):
            pass


def test_a_key_that_something_hangs_on_is_not_retired(machines):
    old, _ = machines
    lived_in(old)
    kept = (old.home / "keys").read_text()
    (fresh := old.home / "fresh").mkdir()
    create_keyring(fresh / "keys")
    write_private(old.home / "keys", (fresh / "keys").read_text() + kept)
    refused = old.run("keys", "retire")
    assert refused.returncode == 1
    assert "still encrypted with k" in refused.stderr


def test_no_column_of_ciphertexts_is_forgotten(gateway):
    """Whatever is encrypted anywhere after a webhook and a notification were made stands in a column that is rotated."""
    bodies = {
        "webhooks": {"url": "https://8.8.8.8/x", "types": ["task.failed"]},
        "notifications": {"name": "n", "target": "jsons://8.8.8.8/x", "types": ["task.failed"]},
    }
    for name, body in bodies.items():
        gateway.post(f"/api/{name}", body).raise_for_status()  # saved, and never sent to
    columns = gateway.query(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb')"
    )
    found = {
        (row["table_name"], row["column_name"])
        for row in columns
        if gateway.query(f'SELECT 1 FROM "{row["table_name"]}" WHERE "{row["column_name"]}"::text ~ \':gAAAA\' LIMIT 1')
    }
    assert found >= {("webhooks", "secret"), ("notifications", "target")}
    rotated = {(at.table, at.column) for at in SEALED}
    assert found <= rotated
    named = {(row["table_name"], row["column_name"]) for row in columns if row["column_name"] == "sealed"}
    assert named <= rotated | {("oauth_requests", "sealed")}  # of no use to anybody after ten minutes


def test_up_on_a_home_of_the_first_release_backs_up_migrates_and_starts(machines):
    old, _ = machines
    old.home.mkdir(mode=0o711)
    write_private(old.home / "keys", FIRST_KEYS)
    write_json(old.home / "credentials.json", {"url": "", "api_key": FIRST_API_KEY})
    with old.database() as settings, psycopg.connect(settings.database_url) as connection:
        for role in ("gateway", "worker", "dispatcher"):
            connection.execute(f"CREATE ROLE callsheet_{role} LOGIN")
        put_in(settings.database_url, gzip.decompress(FIRST_RELEASE.read_bytes()), connection)
    ports = {f"CALLSHEET_{name}PORT": str(kept_or_free(None)) for name in ("", "FLOWER_", "SANDBOX_")}

    started = old.run("up", "--detach", **ports)

    assert started.returncode == 0, started.stderr
    assert "✓ backup" in started.stderr
    [kept] = (old.home / "backups").glob("*.tar")
    with tarfile.open(kept) as tar:
        assert json.load(tar.extractfile("manifest.json"))["schema"] == "0001"
    url = f"http://127.0.0.1:{ports['CALLSHEET_PORT']}"
    answer = httpx.get(f"{url}/api/scheduler/queue", headers={"Authorization": f"Bearer {FIRST_API_KEY}"}, timeout=10)
    statuses = [task["status"] for task in answer.json()["items"] if task["type"] in {"comment", "dm"}]
    assert sorted(statuses) == ["completed", "failed", "scheduled"]
    effects = httpx.get(f"{url}/api/effects", headers={"Authorization": f"Bearer {FIRST_API_KEY}"}, timeout=10).json()
    assert effects["items"][0]["text"] == "From the first release"
    old.run("down")


def put_in(url: str, script: bytes, connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Fill a database from a plain dump."""
    connection.commit()
    psql = program("psql")
    assert psql is not None
    done = subprocess.run(
        [str(psql), "--quiet", "-v", "ON_ERROR_STOP=1", url], input=script, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
