"""Can a person have a machine join from its command line, run its program, and see what is wrong with it?"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.checks.door import check_door
from cli.main import build
from host.alone import only_one
from host.membership import Membership, find_membership
from shared.errors import CallsheetError
from shared.settings import Settings
from tests.support.door import CREDENTIAL, HOST, TOKEN, stand_in


async def callsheet(home: Path, *words: str) -> Result:
    """Run a command in a thread: the gateway answers in this loop."""
    environment = {"CALLSHEET_HOME": str(home), "CALLSHEET_SAFARI": "off"}
    return await asyncio.to_thread(lambda: CliRunner(env=environment).invoke(build(words[0]), list(words)))


async def checks(home: Path) -> dict[str, str]:
    found = await asyncio.to_thread(lambda: list(check_door(Settings(home=home))))
    return {one.name: one.state for one in found}


async def test_a_machine_joins_by_one_line_and_keeps_nothing_but_what_it_shows_at_the_door(tmp_path):
    async with stand_in() as gateway:
        done = await callsheet(tmp_path, "host", "join", f"{gateway.url}/", TOKEN)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "host.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "host.json").read_text()).keys() == {"url", "host", "credential", "workspace"}
    assert find_membership(tmp_path) == Membership(gateway.url, HOST, CREDENTIAL, "00000000-0000-0000-0000-000000000001")
    assert CREDENTIAL not in done.output
    assert CREDENTIAL not in repr(find_membership(tmp_path))


@pytest.mark.parametrize("url", ["http://callsheet.example.org", "callsheet.example.org"])
async def test_a_credential_comes_over_tls_or_from_this_machine(tmp_path, url):
    done = await callsheet(tmp_path, "host", "join", url, TOKEN)
    assert isinstance(done.exception, CallsheetError)
    assert "https" in done.exception.message
    assert not (tmp_path / "host.json").exists()


async def test_a_token_that_is_not_known_joins_nothing_and_keeps_what_was_there(tmp_path):
    async with stand_in() as gateway:
        await callsheet(tmp_path, "host", "join", gateway.url, TOKEN)
        done = await callsheet(tmp_path, "host", "join", gateway.url, "csh_wrong")
    assert "not known" in str(done.exception)
    assert find_membership(tmp_path).credential == CREDENTIAL


async def test_the_program_takes_the_commands_process_over_once_the_machine_has_joined(tmp_path, monkeypatch):
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _program, words, _environment: seen.append(words[1:]))
    refused = await callsheet(tmp_path, "host", "run")
    assert "callsheet host add" in str(refused.exception)
    async with stand_in() as gateway:
        await callsheet(tmp_path, "host", "join", gateway.url, TOKEN)
    assert (await callsheet(tmp_path, "host", "run")).exit_code == 0
    assert (await callsheet(tmp_path, "host", "run", "--shut-out-code", "0")).exit_code == 0
    assert seen == [["-m", "host.program", "--shut-out-code", code] for code in ("77", "0")]


async def test_the_doctor_says_of_a_host_whether_gateway_credential_and_program_are_well(tmp_path):
    async with stand_in() as gateway:
        await callsheet(tmp_path, "host", "join", gateway.url, TOKEN)
        with only_one(tmp_path):
            assert await checks(tmp_path) == {"gateway": "ok", "credential": "ok", "host": "ok"}
        gateway.good = False
        assert await checks(tmp_path) == {"gateway": "ok", "credential": "wrong", "host": "wrong"}
    assert await checks(tmp_path) == {"gateway": "wrong", "host": "wrong"}


async def test_the_doctor_asks_a_host_for_neither_a_database_nor_a_broker(tmp_path):
    async with stand_in() as gateway:
        await callsheet(tmp_path, "host", "join", gateway.url, TOKEN)
        done = await callsheet(tmp_path, "doctor", "--json")
    assert {one["name"] for one in json.loads(done.stdout)["checks"]} == {"gateway", "credential", "host", "browser", "disk"}
