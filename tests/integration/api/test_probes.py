"""Are tasks that only prove a lane told apart from work: in counts, lists and streams?"""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from cli.main import build
from tests.support.gateway import Gateway, comment


@pytest.fixture
def both(gateway: Gateway) -> dict[str, str]:
    """The ids of one of each, by type."""
    return {task["type"]: task["id"] for task in (gateway.submit(), gateway.submit(comment(gateway.settings)))}


def test_counts_are_of_work_and_probes_are_counted_apart(gateway: Gateway, both: dict[str, str]):
    status = gateway.http.get("/api/scheduler/status").json()
    assert (status["counts"]["pending"], sum(status["counts"].values())) == (1, 1)
    assert (status["probes"]["pending"], sum(status["probes"].values())) == (1, 1)


def test_a_list_leaves_probes_out_where_it_is_told_to(gateway: Gateway, both: dict[str, str]):
    def listed(**query: str) -> set[str]:
        return {task["id"] for task in gateway.http.get("/api/scheduler/queue", params=query).json()["items"]}

    assert listed() == set(both.values())
    assert listed(probes="false") == {both["comment"]}
    assert gateway.http.get("/api/scheduler/queue", params={"probes": "perhaps"}).status_code == 422


def test_the_command_line_lists_work_unless_probes_are_asked_for(gateway: Gateway, both: dict[str, str], monkeypatch):
    (gateway.settings.home / "credentials.json").write_text(json.dumps({"url": gateway.url, "api_key": gateway.api_key}))
    monkeypatch.setenv("CALLSHEET_HOME", str(gateway.settings.home))

    def listed(*words: str) -> set[str]:
        said = CliRunner().invoke(build("queue"), ["queue", "--json", *words])
        assert said.exit_code == 0, said.output
        return {kind for kind, task in both.items() if f'"id": "{task}"' in said.stdout}

    assert listed() == {"comment"}
    assert listed("--probes") == {"comment", "probe"}
    assert listed("--type", "probe") == {"probe"}


def test_a_stream_leaves_probes_out_where_it_is_told_to(gateway: Gateway, both: dict[str, str]):
    every, work = (heard(gateway, probes=said) for said in ("true", "false"))
    assert every == [both["probe"], both["comment"]]
    assert work == [both["comment"]]


def heard(gateway: Gateway, probes: str) -> list[str]:
    """Whose task's events a stream tells before it tells that the demo account was paused."""
    gateway.post("/api/accounts/instagram/demo/pause").raise_for_status()
    found = []
    for event in gateway.events(after=0, probes=probes):
        if event["type"] == "account.paused":
            break
        found.extend([event["subject"]] if event["type"].startswith("task.") else [])
    return found
