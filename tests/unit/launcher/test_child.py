"""Is a forked process what a process of its own would be: its environment, signals, randomness and its end?"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")

# Forks twice what `part` does, as the launcher would, and prints how each ended. What forks is a process of its own: it has
# handlers and an environment that its children must not keep.
LAUNCH = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import multiprocessing, random
import billiard
from launcher import child, entry_points
import part

entry_points.ENTRY_POINTS["part"] = "part:main"
signal.signal(signal.SIGTERM, lambda *_: None)
signal.signal(signal.SIGINT, lambda *_: None)
random.random(), multiprocessing.current_process().authkey, billiard.current_process().authkey
for _ in range(2):
    pid = os.fork()
    if not pid:
        words = ["/usr/bin/env", "CALLSHEET_SECRETS_FILE=/a/b=c.json", *sys.argv[2:]]
        child.go_on_as(words, {"CALLSHEET_PORT": "3001"}, "gateway")
        os._exit(77)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
SHOW = """
import json, multiprocessing, os, random, signal, sys, threading, uuid
import billiard

def main():
    print(json.dumps({
        "arguments": sys.argv,
        "environment": dict(os.environ),
        "term": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
        "int": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "pipe": signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN,
        "shown": open("/proc/self/cmdline").read().rstrip(chr(0)).split(chr(0)),
        "threads": threading.active_count(),
        "drawn": [random.random(), str(uuid.uuid4()), bytes(multiprocessing.current_process().authkey).hex(),
                  bytes(billiard.current_process().authkey).hex()],
    }))
"""


@dataclass(frozen=True)
class Launched:
    """What two forked parts printed, and how they ended."""

    codes: list[int]
    shown: list[dict[str, object]]
    out: str
    err: str


def launch(folder: Path, part: str, *words: str) -> Launched:
    (folder / "part.py").write_text(part)
    command = words or (sys.executable, "-m", "part", "--port", "1")
    done = subprocess.run(
        [sys.executable, "-c", LAUNCH, str(folder), *command],
        cwd=ROOT,
        env={"LEFT": "behind"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    codes = [int(line.split()[1]) for line in lines if line.startswith("ended")]
    return Launched(codes, [json.loads(line) for line in lines if line.startswith("{")], done.stdout, done.stderr)


def test_it_has_the_arguments_environment_and_signals_of_a_process_of_its_own(tmp_path):
    first, _ = launch(tmp_path, SHOW).shown

    assert first["arguments"] == [str(tmp_path / "part.py"), "--port", "1"]
    assert first["environment"] == {"CALLSHEET_PORT": "3001", "CALLSHEET_SECRETS_FILE": "/a/b=c.json"}
    assert (first["term"], first["int"], first["pipe"]) == (True, True, True)
    assert first["shown"] == ["callsheet", "gateway"]
    assert first["threads"] == 1


def test_two_of_them_draw_nothing_alike(tmp_path):
    first, second = (shown["drawn"] for shown in launch(tmp_path, SHOW).shown)

    assert len(first) == len(second) == 4
    assert not set(first) & set(second)


def test_it_ends_as_python_does(tmp_path):
    ends = "import atexit, threading, time\ndef main():\n    atexit.register(print, 'at the end')\n"
    late = "    threading.Thread(target=lambda: (threading.Event().wait(0.05), print('after main'))).start()\n"
    ended = launch(tmp_path, ends + late)

    assert ended.codes == [0, 0]
    assert ended.out.split("\n")[:2] == ["after main", "at the end"]


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit('callsheet: no address')", 1, "callsheet: no address\n"),
        ("raise ValueError('seven')", 1, "ValueError: seven"),
    ],
)
def test_how_it_ends_is_its_exit_code_and_its_last_words(tmp_path, what: str, code: int, said: str):
    ended = launch(tmp_path, f"def main():\n    {what}\n")

    assert ended.codes == [code, code]
    assert said in ended.err


@pytest.mark.parametrize("words", [(sys.executable, "-m", "sandbox"), ("/bin/true",), ("/usr/bin/python9", "-m", "part")])
def test_what_is_a_program_of_its_own_is_left_to_be_started(tmp_path, words: tuple[str, ...]):
    assert launch(tmp_path, SHOW, *words).codes == [77, 77]
