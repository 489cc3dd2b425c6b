"""Is a time read with its zone, and a table without escape?"""

from __future__ import annotations

import pytest

from cli.screen import show_json, show_table, waiting_text, when
from shared.errors import Invalid


def test_a_time_is_shown_in_the_zone_and_names_it():
    assert when("2026-03-01T08:00:05Z", "Europe/Berlin") == "2026-03-01 09:00:05 CET"
    assert when("2026-07-01T08:00:05+00:00", "Europe/Berlin") == "2026-07-01 10:00:05 CEST"
    assert when(None) == ""


def test_an_unknown_zone_is_refused():
    with pytest.raises(Invalid) as caught:
        when("2026-03-01T08:00:05Z", "Mars/Olympus")
    assert "Mars/Olympus" in caught.value.message


def test_text_from_outside_is_not_taken_for_markup(capsys):
    show_table(("text",), [("[bold]hello[/bold] [/]",)], empty="")
    assert "[bold]hello[/bold] [/]" in capsys.readouterr().out


def test_json_is_whole_and_on_stdout(capsys):
    show_json({"text": "x" * 300 + "[red]"})
    assert "x" * 300 + "[red]" in capsys.readouterr().out


def test_an_empty_table_talks_on_stderr(capsys):
    show_table(("id",), [], empty="No tasks.")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "No tasks.\n"


def test_what_a_task_waits_for_is_one_line_a_gate():
    task = {
        "waiting_for": [
            {"gate": "lane", "reason": "busy", "until": None},
            {"gate": "time", "reason": "later", "until": "2026-03-01T08:00:05Z"},
        ]
    }
    assert waiting_text(task, "UTC") == "lane: busy\ntime: later until 2026-03-01 08:00:05 UTC"
