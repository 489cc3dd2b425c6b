"""Does a start that fails say what the part itself said last?"""

from __future__ import annotations

import pytest

from cli.local.supervision.ready import last_words

BIND = '{"event": "address already in use", "level": "error"}'
BYE = '{"event": "shutdown complete", "level": "info", "logger": "uvicorn.error"}'


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (f"{BIND}\n{BYE}\n", "address already in use"),
        (f"{BYE}\n", "shutdown complete"),
        ("Traceback:\n  File x\nModuleNotFoundError: No module named 'x'\n\n", "ModuleNotFoundError: No module named 'x'"),
        ("one\ntwo\n", "two"),
        ("", "it wrote nothing"),
    ],
)
def test_the_last_error_speaks_for_a_part(tmp_path, log, words):
    (tmp_path / "gateway.log").write_text(log)
    assert last_words(tmp_path / "gateway.log") == words


def test_a_part_without_a_log_wrote_nothing(tmp_path):
    assert last_words(tmp_path / "none.log") == "it wrote nothing"
