"""Is a time read with its zone, and a table without escape?"""

from __future__ import annotations

import pytest

from cli.screen import how_far, show_json, show_table, waiting_text, when
from shared.errors import Invalid


def test_a_time_is_shown_in_the_zone_and_names_it():
    assert when("2026-03-01T08:00:05Z", "Europe/Berlin") == "2026-03-01 09:00:05 CET"
    assert when("2026-07-01T08:00:05+00:00", "Europe/Berlin") == "2026-07-01 10:00:05 CEST"
    assert when(None) == ""


@pytest.mark.parametrize("zone", ["Mars/Olympus", "EST5EDT", "Etc/GMT+5", "europe/berlin", "../etc/passwd"])
def test_an_unknown_zone_is_refused(zone: str):
    with pytest.raises(Invalid) as caught:
        when("2026-03-01T08:00:05Z", zone)
    assert zone in caught.value.message


def test_how_far_a_task_is_is_one_line():
    progress = {"step": "upload", "done": 12, "total": 50, "unit": "MB"}
    assert how_far({"progress": progress}) == "upload: 12 of 50 MB"
    assert how_far({"progress": progress | {"total": None, "unit": ""}}) == "upload: 12"
    assert how_far({"progress": None}) == ""


def test_text_from_outside_is_not_taken_for_markup(capsys):
    show_table(("text",), [("[bold]hello[/bold] [/]",)], empty="")
    assert "[bold]hello[/bold] [/]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "shows"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\rb", r"a\rb"),
        ("a\tb", r"a\tb"),
        ("a\x9b31mb", r"a\x9b31mb"),
        ("a\x7fb", r"a\x7fb"),
        ("invoice\u202efdp.exe", r"invoice\u202efdp.exe"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("a\u200fb", r"a\u200fb"),
        ("plain, \u00e9\u6f22\U0001f44d", "plain, \u00e9\u6f22\U0001f44d"),
    ],
)
def test_what_steers_a_terminal_is_shown_and_not_sent(capsys, said: str, shows: str):
    show_table(("text",), [(said,)], empty="")
    assert shows in capsys.readouterr().out


def test_lines_of_a_cell_stay_lines(capsys):
    show_table(("text",), [("one\ntwo",)], empty="")
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == ["text", "one", "two"]


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
