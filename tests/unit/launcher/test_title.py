"""Does a process show the name that it was given, and still the environment with which it began?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")

NAME = """
import sys
from launcher.title import set_title
set_title(*sys.argv[1].split() * int(sys.argv[2]))
for name in ("cmdline", "environ"):
    print(ascii(open(f"/proc/self/{name}").read().rstrip(chr(0))))
"""


def named(title: str, times: int = 1) -> list[str]:
    command = [sys.executable, "-c", NAME, title, str(times)]
    done = subprocess.run(command, cwd=ROOT, env={"A": "b"}, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def test_the_words_stand_where_the_arguments_stood():
    shown, environment = named("callsheet pool-system")

    assert shown == r"'callsheet\x00pool-system'"
    assert environment.startswith("'A=b")


def test_a_name_without_enough_room_is_cut_and_reaches_into_nothing_else():
    shown, environment = named("callsheet pool-system", times=1_000)

    words = shown.strip("'").split(r"\x00")
    assert words[:2] == ["callsheet", "pool-system"]
    assert 4 < len(words) < 1_000
    assert environment.startswith("'A=b")
