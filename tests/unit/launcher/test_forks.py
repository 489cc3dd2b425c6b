"""Is everything a program of its own where a process may not go on after a fork, and are servers everywhere?"""

from __future__ import annotations

import sys

import pytest
from supervisor.options import ServerOptions

from launcher import __main__ as launcher
from launcher import child, entry_points, interface

GATEWAY = ["/usr/bin/env", "CALLSHEET_SECRETS_FILE=/home/secrets/gateway.json", sys.executable, "-m", "api"]
NAMED = {"SUPERVISOR_PROCESS_NAME": "gateway"}


@pytest.fixture
def started(monkeypatch) -> list[list[str]]:
    """The programs that were started; none is."""
    programs: list[list[str]] = []
    monkeypatch.setattr(ServerOptions, "execve", lambda _, __, words, ___: programs.append(words))
    return programs


def test_on_macos_a_part_is_started_as_a_program_and_nothing_is_imported_for_it(monkeypatch, started):
    monkeypatch.setattr(launcher, "FORKS", False)
    monkeypatch.setattr(interface, "FORKS", False)
    monkeypatch.setattr(entry_points, "load_all", lambda: pytest.fail("imported"))

    assert interface.make(None).load() is False
    launcher.Options().execve("/usr/bin/env", GATEWAY, NAMED)

    assert started == [GATEWAY]


def test_elsewhere_the_process_goes_on_as_the_part_itself(monkeypatch, started):
    gone_on = []
    monkeypatch.setattr(launcher, "FORKS", True)
    monkeypatch.setattr(child, "_begin_anew", lambda *words: gone_on.append(words))
    monkeypatch.setattr(child, "_run", lambda function: gone_on.append(function.__module__))

    launcher.Options().execve("/usr/bin/env", GATEWAY, NAMED)

    (environment, arguments, title), module = gone_on
    assert environment == NAMED | {"CALLSHEET_SECRETS_FILE": "/home/secrets/gateway.json"}
    assert (arguments[1:], title, module) == ([], "gateway", "api.__main__")


def test_a_server_is_a_program_everywhere(monkeypatch, started):
    monkeypatch.setattr(launcher, "FORKS", True)
    server = ["/usr/bin/env", "-i", "PATH=/usr/bin", "/usr/bin/redis-server", "--port", "1"]

    launcher.Options().execve("/usr/bin/env", server, {"SUPERVISOR_PROCESS_NAME": "redis"})

    assert started == [server]
