"""Does everything start, stay, and stop without a trace: by `down`, by Ctrl-C, and after SIGKILL of the supervisor?"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from cli.local.port import kept_or_free
from cli.local.server_files import forget
from cli.local.supervision.process import processes_of, supervisor_of
from cli.local.supervision.supervisor import LISTENING, Supervisor
from cli.local.wait import wait_for
from shared.settings import Settings
from tests.support.environments import family_of, held_by, secrets_of, shown_by

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

# The command line itself is measured for coverage; what it starts is not, so that it starts as quickly as it does elsewhere.
UNTRACED = "[os.environ.pop(name) for name in list(os.environ) if name.startswith('COVERAGE_')]"
COMMAND = [sys.executable, "-c", f"import os; {UNTRACED}; from cli.main import run; run()"]
LOG_NAMES = {"postgres", "redis", "sandbox", "gateway", "beat", "keeper", "flower", "pool-system"}
CANARY = "canary-of-our-app-at-a-platform"
# What each kind of process is told, by its role at PostgreSQL; the keys lie in a file of the home, which these read.
TOLD = {
    "gateway": {"gateway", "redis", "app"},
    "beat": {"dispatcher", "redis"},
    "keeper": {"worker", "redis"},
    "flower": {"redis"},
    "pool": {"worker", "redis", "app"},
    "sandbox": set(),
}
LATE = {"flower", "sandbox"}
FORKED = TOLD.keys() - {"sandbox"}
HOLDING_KEYS = {"gateway", "pool"}
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks, and shows another process's memory")


@dataclass(frozen=True)
class Machine:
    """A home with free ports of its own, and the command line on it."""

    home: Path
    environment: dict[str, str]

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words], check=False, capture_output=True, text=True, timeout=120, env=self.environment | more
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([*COMMAND, *words], stdout=pipe, stderr=pipe, text=True, env=self.environment)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("house") / ".callsheet"
    ports = {f"CALLSHEET_{name}PORT": str(kept_or_free(None)) for name in ("", "FLOWER_", "SANDBOX_")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLSHEET_")}
    apps = {"CALLSHEET_OAUTH_CLIENTS": f"tiktok=callsheet:{CANARY}"}
    made = Machine(home, inherited | ports | apps | {"CALLSHEET_HOME": str(home)})
    yield made
    made.run("down")
    forget(home, "postgres")


@pytest.fixture
def running(machine: Machine) -> Machine:
    """Everything is up, whatever the test before has left."""
    if supervisor_of(machine.home) is None:
        started = machine.run("up", "--detach")
        assert started.returncode == 0, started.stderr
    return machine


def test_up_tells_of_every_part_and_then_where_all_is(machine):
    started = machine.run("up", "--detach")
    assert started.returncode == 0, started.stderr
    told = set(re.findall(r"✓ (\S+)", started.stderr))
    assert told >= LOG_NAMES | {"schema"}
    kept = json.loads((machine.home / "credentials.json").read_text())
    key = kept["api_key"]
    assert kept["email"] == "owner@callsheet.internal"
    assert len(kept["password"]) >= 32
    assert kept["password"] not in started.stdout + started.stderr
    assert f"http://127.0.0.1:{machine.environment['CALLSHEET_PORT']}/#key={key}" in started.stdout
    late = LATE if sys.platform == "linux" else set()
    assert {path.stem for path in (machine.home / "logs").glob("*.log")} >= LOG_NAMES - late


def test_a_second_up_says_that_it_runs_already(running):
    second = running.run("up")
    assert second.returncode == 1
    assert "runs already" in second.stderr
    assert second.stderr.count("\n") == 1


def test_the_doctor_finds_nothing_wrong(running):
    said = running.run("doctor", "--json")
    report = json.loads(said.stdout)
    wrong = [check for check in report["checks"] if check["state"] == "wrong"]
    assert not wrong
    assert said.returncode == 0
    assert report["ok"]
    assert report["database_url"].startswith("postgresql://callsheet_owner:***@127.0.0.1:")
    assert report["redis_url"].startswith("redis://:***@127.0.0.1:")
    names = {check["name"] for check in report["checks"]}
    assert names >= {"postgresql", "redis", "migrations", "dispatcher", "lane system", "browser", "ffmpeg", "disk", "clock"}


def secrets_in(home: Path) -> dict[str, str]:
    """Every secret of a running home by its value, with its name."""
    database = json.loads((home / "postgres.json").read_text())
    url = f"postgresql://callsheet_owner:{database['password']}@127.0.0.1:{database['port']}/callsheet"
    wire = json.loads((home / "redis" / "address.json").read_text())
    settings = Settings(home=home, database_url=url, redis_url=f"redis://:{wire['password']}@127.0.0.1:1/0")
    return secrets_of(settings) | {CANARY: "app"}


def role_of(part: str) -> str:
    """Which kind of process a part is, all pools being one."""
    return "pool" if part.startswith("pool-") else part


def test_no_process_shows_a_secret_and_each_is_told_its_own(running):
    secrets = secrets_in(running.home)
    assert len(secrets) == 7

    processes = processes_of(running.home)
    assert len(processes) >= len(LOG_NAMES)
    assert {str(process): shown for process in processes if (shown := shown_by(process, secrets))} == {}

    told = {path.stem: path.read_text() for path in (running.home / "secrets").iterdir()}
    known = {part: {name for value, name in secrets.items() if value in said} for part, said in told.items()}
    assert known == {part: TOLD[role_of(part)] for part in known}
    assert {role_of(part) for part in known} == TOLD.keys()


@linux
def test_flower_and_the_practice_sites_start_at_the_first_connection_and_answer_it(running):
    restarted = running.run("down"), running.run("up", "--detach")
    assert len(re.findall(r"starts at the first connection", restarted[1].stderr)) == len(LATE)
    states = Supervisor(running.home).states()
    assert {name for name, state in states.items() if state.word == LISTENING and not state.pid} == LATE
    checks = json.loads(running.run("doctor", "--json").stdout)["checks"]
    [said] = [check["what"] for check in checks if check["name"] == "supervisor"]
    assert said.endswith("at the first connection starts: flower, sandbox")
    assert {name for name, state in Supervisor(running.home).states().items() if state.word == LISTENING} == LATE

    start_late(running)

    states = Supervisor(running.home).states()
    assert {name for name in LATE if states[name].pid} == LATE


def start_late(machine: Machine) -> None:
    """Ask those who start when they are asked."""
    for port, path in (("FLOWER", "healthcheck"), ("SANDBOX", "")):
        url = f"http://127.0.0.1:{machine.environment[f'CALLSHEET_{port}_PORT']}/{path}"
        assert httpx.get(url, timeout=30, trust_env=False).status_code == 200


@linux
def test_every_part_of_ours_is_forked_from_the_launcher_and_bears_its_name(running):
    start_late(running)
    launcher = supervisor_of(running.home)
    assert launcher is not None
    assert launcher.num_threads() == 1
    forked = {process.pid: process.cmdline()[:2] for process in launcher.children()}
    states = Supervisor(running.home).states()
    ours = {name for name in states if role_of(name) in FORKED}

    assert {name: forked[states[name].pid] for name in ours} == {name: ["callsheet", name] for name in ours}
    assert {psutil.Process(states[name].pid).exe() for name in ours} == {launcher.exe()}


@linux
def test_no_forked_part_holds_a_secret_of_another_in_its_memory_and_the_launcher_none(running):
    """Its own stand there: what is looked for would be found."""
    start_late(running)
    secrets, states = secrets_in(running.home), Supervisor(running.home).states()
    launcher = supervisor_of(running.home)
    assert launcher is not None
    try:
        assert held_by(launcher, secrets) == set()
    except PermissionError:
        pytest.skip("this machine lets nobody read the memory of another process")
    for name in (name for name in states if role_of(name) in FORKED):
        allowed = TOLD[role_of(name)] | ({"key"} if role_of(name) in HOLDING_KEYS else set())
        for process in family_of(states[name].pid):
            if process.cmdline()[:1] == ["callsheet"]:
                held = held_by(process, secrets)
                assert held <= allowed, process.cmdline()
                assert held & TOLD[role_of(name)], process.cmdline()


def test_a_part_that_dies_is_started_again_and_no_other(running):
    before = Supervisor(running.home).states()
    psutil.Process(before["gateway"].pid).kill()

    def again() -> bool:
        state = Supervisor(running.home).states()["gateway"]
        return state.word == "RUNNING" and state.pid != before["gateway"].pid

    assert wait_for(again, seconds=20)
    after = Supervisor(running.home).states()
    assert {name for name in before if before[name].pid != after[name].pid} == {"gateway"}


def test_after_sigkill_of_the_supervisor_the_next_up_cleans_up_and_says_so(running):
    left = {process.pid for process in processes_of(running.home)}
    supervisor = supervisor_of(running.home)
    assert supervisor is not None
    supervisor.kill()
    supervisor.wait(10)
    started = running.run("up", "--detach")
    assert started.returncode == 0, started.stderr
    assert "left over" in started.stderr
    assert not left & {process.pid for process in processes_of(running.home)}


def test_down_leaves_no_process_behind(running):
    stopped = running.run("down")
    assert stopped.returncode == 0
    assert "Stopped." in stopped.stderr
    assert processes_of(running.home) == []
    assert running.run("down").stderr.endswith("Nothing was running.\n")


def test_down_works_when_the_supervisor_is_dead(running):
    supervisor = supervisor_of(running.home)
    assert supervisor is not None
    supervisor.kill()
    supervisor.wait(10)
    assert "ended" in running.run("down").stderr
    assert processes_of(running.home) == []


def test_a_taken_port_is_one_line_and_nothing_stays_behind(machine):
    machine.run("down")
    database = machine.home / "postgres.json"
    before = database.read_text()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        refused = machine.run("up", CALLSHEET_PORT=str(port))
    assert refused.returncode == 1
    assert f"Port {port} of the gateway is taken by" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert processes_of(machine.home) == []
    assert database.read_text() == before


# Both are one handler; the second way to it costs another start of everything.
@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM])
def test_a_signal_in_the_foreground_stops_everything(machine, number):
    machine.run("down")
    foreground = machine.start("up")
    assert foreground.stderr
    while "Ctrl-C" not in (line := foreground.stderr.readline()):
        assert line, "up ended"
    foreground.send_signal(number)
    _, said = foreground.communicate(timeout=60)
    assert foreground.returncode == 0
    assert "Stopped." in said
    assert processes_of(machine.home) == []
