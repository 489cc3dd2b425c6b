"""Does somebody who asks what happened to a task get what the logs say about it?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build

TASK, OTHER = "01990f3c-7b1e-7c31-9a52-3f0d8e6b4a10", "01990f3c-7b1e-7c31-9a52-3f0d8e6b4a11"


def line(at: str, event: str, **more: str) -> str:
    return json.dumps({"timestamp": f"2026-05-01T09:00:{at}Z", "event": event, **more})


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    later, other = line("03.000001", "attempt.failed", task=TASK), line("02.5", "attempt.failed", task=OTHER)
    (logs / "pool-instagram.log").write_text(f"{later}\nTraceback of it\n  line 2\n{other}\nTraceback of the other\n")
    (logs / "gateway.log").write_text(f"{line('02.0', 'request.refused', task=TASK)}\n")
    (logs / "gateway.log.1").write_text(f"2026-05-01T09:00:01.5Z [info] task.\x1b[1mtaken\x1b[0m  task={TASK}\nnothing\n")
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    return tmp_path


def run(*words: str) -> str:
    done = CliRunner().invoke(build("logs"), ["logs", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_all_parts_say_of_a_task_is_printed_oldest_first_with_its_tracebacks(home: Path):
    said = run(TASK).splitlines()

    parts = [words.split()[0] for words in said if "09:00:0" in words]
    assert parts == ["gateway", "gateway", "pool-instagram"]
    assert said[0].endswith(f"task.taken  task={TASK}")
    assert said[-2:] == ["Traceback of it", "  line 2"]
    assert "the other" not in " ".join(said)


def test_as_json_each_entry_has_its_time_and_its_part(home: Path):
    entries = json.loads(run(TASK, "--json"))

    assert [entry["part"] for entry in entries] == ["gateway", "gateway", "pool-instagram"]
    assert entries[2]["at"] == "2026-05-01T09:00:03.000001Z"


def test_nothing_found_says_where_was_looked(home: Path):
    done = CliRunner().invoke(build("logs"), ["logs", OTHER.replace("11", "99")])

    assert (done.exit_code, done.stdout) == (0, "")
    assert str(home / "logs") in done.stderr.replace("\n", "")


@pytest.mark.parametrize("word", ["a", "nonsense", "01990f3c-7b1e", f"{TASK}0", "", "*"])
def test_what_is_no_id_is_refused_in_one_sentence_and_nobody_is_asked(home: Path, monkeypatch, word: str):
    (home / "credentials.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "api_key": "k"}))
    (home / "logs" / "gateway.log").write_text(f"{line('02.0', 'request.refused', path=word)}\n")
    done = CliRunner().invoke(build("logs"), ["logs", word])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is no task's id" in str(done.exception)
    assert done.stderr == ""


def test_an_id_is_read_as_people_copy_it(home: Path):
    assert run(f" {TASK.upper()} ") == run(TASK)


@pytest.mark.parametrize(
    "asked",
    [
        line("04.0", "request.answered", method="GET", path=f"/api/scheduler/task/{TASK}/events"),
        json.dumps({"method": "GET", "path": f"/api/scheduler/task/{TASK}", "event": "request.answered"}),
        f"2026-05-01 09:00:04 [info     ] request.answered method=GET path=/api/scheduler/task/{TASK}/events",
    ],
)
def test_what_only_asked_for_it_is_left_out_and_what_changed_it_is_not(home: Path, asked: str):
    changed = line("05.0", "request.answered", method="DELETE", path=f"/api/scheduler/task/{TASK}")
    (home / "logs" / "gateway.log").write_text(f"{asked}\n{changed}\n")
    said = run(TASK)
    assert "GET" not in said
    assert "DELETE" in said
