"""Does every command explain itself, and is an error one line?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from cli import main
from cli.main import COMMANDS, GROUPS, build, one_line
from shared.crypto import create_keyring
from shared.errors import NotConfigured, Transient


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """The entry makes every file its owner's alone; the tests after these are to find what was before."""
    before = os.umask(0o077)
    os.umask(before)
    yield
    os.umask(before)


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
def test_every_command_explains_itself(name):
    result = CliRunner().invoke(build(name), [name, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_help_lists_every_command():
    result = CliRunner().invoke(build(), ["--help"])
    assert all(name in result.output for name in [*COMMANDS, *GROUPS])


def test_an_error_is_one_line_on_stderr_and_exit_code_1(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["callsheet", "queue"])
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as caught:
        main.run()
    said = capsys.readouterr()
    assert caught.value.code == 1
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "callsheet up" in said.err


def test_a_missing_setting_is_named_once():
    assert (
        one_line(NotConfigured(setting="CALLSHEET_X", message="It is missing.")) == "It is missing. (setting: CALLSHEET_X)"
    )
    assert one_line(NotConfigured(setting="CALLSHEET_X", message="Set CALLSHEET_X.")) == "Set CALLSHEET_X."
    assert one_line(Transient()) == "transient"


def test_the_version_is_told_whatever_the_settings_say(monkeypatch):
    monkeypatch.setenv("CALLSHEET_PORT", "abc")
    said = CliRunner().invoke(build("--version"), ["--version"])
    assert said.exit_code == 0
    assert said.output == f"callsheet {version('callsheet')}\n"


def test_a_wrong_setting_is_one_line_and_no_traceback(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["callsheet", "queue"])
    monkeypatch.setenv("CALLSHEET_PORT", "abc")
    with pytest.raises(SystemExit) as caught:
        main.run()
    said = capsys.readouterr()
    assert (caught.value.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "CALLSHEET_PORT" in said.err


def failed(monkeypatch, capsys, *words: str) -> str:
    """The one line that a command says which fails."""
    monkeypatch.setattr("sys.argv", ["callsheet", *words])
    with pytest.raises(SystemExit) as caught:
        main.run()
    said = capsys.readouterr()
    assert (caught.value.code, said.out, said.err.count("\n")) == (1, "", 1)
    return said.err


@pytest.mark.parametrize("words", [("queue",), ("up", "--detach"), ("keys", "export", "copy")])
def test_a_home_that_is_a_file_is_one_line_and_no_traceback(monkeypatch, capsys, tmp_path, words):
    home = tmp_path / "home"
    home.write_text("no folder")
    monkeypatch.setenv("CALLSHEET_HOME", str(home))
    assert str(home) in failed(monkeypatch, capsys, *words)


def test_a_path_that_leads_nowhere_is_one_line_and_no_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    create_keyring(tmp_path / "keys")
    assert "nowhere" in failed(monkeypatch, capsys, "keys", "export", str(tmp_path / "nowhere" / "file"))
