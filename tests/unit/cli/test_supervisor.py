"""Does supervisord's configuration say what we mean, whatever the path?"""

from __future__ import annotations

import configparser
import shlex
import socket
import stat
from pathlib import Path

import pytest

from cli.local.server_files import Account
from cli.local.supervision import supervisor
from cli.local.supervision.part import MARKER, Part
from cli.local.supervision.supervisor import Supervisor, configuration, socket_folder
from shared.errors import NotConfigured, Transient


def read(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    parser.read_string(text)
    return parser


def test_a_part_is_restarted_singly_and_its_log_rotates(tmp_path):
    parts = [Part("gateway", ("python", "-m", "api"))]
    program = read(configuration(tmp_path, parts))["program:gateway"]
    assert program["command"] == "python -m api"
    assert program["autorestart"] == program["killasgroup"] == "true"
    assert program["stdout_logfile_maxbytes"] == "10MB"
    assert "user" not in program


def test_a_server_gets_its_user_and_none_of_our_settings(tmp_path):
    part = Part("postgres", ("/x/postgres",), Account("nobody", 65534, 65534), clean=True, stop_signal="INT")
    program = read(configuration(tmp_path, [part]))["program:postgres"]
    assert program["user"] == "nobody"
    assert program["stopsignal"] == "INT"
    words = shlex.split(program["command"])
    assert words[:2] == ["/usr/bin/env", "-i"]
    assert f"{MARKER}={tmp_path}" in words


def test_blanks_quotes_and_percent_signs_in_a_home_survive():
    home = Path("/tmp/it's 100% mine")
    text = configuration(home, [Part("beat", ("x", str(home)))])
    command = read(text)["program:beat"]["command"].replace("%%", "%")
    assert shlex.split(command) == ["x", str(home)]


def test_a_home_that_cannot_be_written_down_is_refused():
    with pytest.raises(NotConfigured) as caught:
        configuration(Path("/tmp/home ;1"), [])
    assert caught.value.setting == "CALLSHEET_HOME"


def test_the_socket_is_short_and_private_however_long_the_home_is():
    folder = socket_folder(Path("/" + "long/" * 60))
    try:
        assert len(str(folder / "supervisor.sock")) < 104
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        folder.chmod(0o755)
        with pytest.raises(NotConfigured):
            socket_folder(Path("/" + "long/" * 60))
    finally:
        folder.rmdir()


def test_a_supervisor_that_is_gone_is_one_clear_error(tmp_path):
    gone = Supervisor(tmp_path)
    try:
        assert not gone.answers()
        with pytest.raises(Transient) as caught:
            gone.states()
        assert caught.value.code == "supervisor_died"
    finally:
        socket_folder(tmp_path).rmdir()


def test_a_supervisor_that_does_not_answer_in_time_has_not_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "ANSWERS_WITHIN_S", 0.05)
    folder = socket_folder(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "supervisor.sock"))
        listening.listen()
        try:
            with pytest.raises(Transient, match="has not answered") as caught:
                Supervisor(tmp_path).load()
        finally:
            (folder / "supervisor.sock").unlink()
            folder.rmdir()
    assert caught.value.code == "supervisor_silent"
