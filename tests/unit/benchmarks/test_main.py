"""A question is asked by its name, and the tables of the page are replaced without touching what stands around them."""

from __future__ import annotations

import pytest

from benchmarks import __main__ as bench
from benchmarks.figure import Figure

PAGE = "before\n<!-- figures -->\nold\n<!-- /figures -->\nbetween\n<!-- peers -->\nold\n<!-- /peers -->\nafter\n"


def measured(names):
    return [Figure("what", "1")], {"Callsheet": {}} if "peers" in names else {}


def test_the_page_has_a_place_for_each_table():
    text = bench.README.read_text()

    assert [text.count(f"<!-- {mark} -->") for mark in ("figures", "/figures", "peers", "/peers")] == [1, 1, 1, 1]


def test_a_table_replaces_the_last_one_and_nothing_else(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    bench.README.write_text(PAGE)

    bench.keep("peers", "new\n")

    assert bench.README.read_text() == PAGE.replace("<!-- peers -->\nold\n", "<!-- peers -->\nnew\n")


def test_a_single_question_is_shown_and_not_stored(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    bench.README.write_text(PAGE)
    monkeypatch.setattr(
        bench, "measure", lambda names: ([Figure("what", "1")], {"Callsheet": {}} if "peers" in names else {})
    )

    bench.main(["peers"])
    shown = capsys.readouterr().out
    bench.main(["due"])

    assert "| Callsheet |" in shown
    assert "set up by" not in capsys.readouterr().out
    assert bench.README.read_text() == PAGE


def test_a_whole_run_stores_both_tables(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    bench.README.write_text(PAGE)
    monkeypatch.setattr(
        bench, "measure", lambda names: ([Figure("what", "1")], {"Callsheet": {}} if "peers" in names else {})
    )

    bench.main([])

    assert "old" not in bench.README.read_text()
    assert "| what | 1 |  |" in bench.README.read_text()


def test_a_question_that_is_unknown_is_answered_with_those_that_are():
    with pytest.raises(SystemExit, match=r"no nonsense; there are idle, .*, intents, peers, scale"):
        bench.main(["nonsense"])


@pytest.mark.parametrize(("load", "said"), [(0.2, "quiet"), (7.0, "beside other work: only ratios mean something")])
def test_a_run_says_how_busy_the_machine_was(monkeypatch, load, said):
    monkeypatch.setattr(bench.os, "getloadavg", lambda: (load, 0.0, 0.0))

    assert f"load before it {load:.1f}, {said})" in bench.describe_run()
