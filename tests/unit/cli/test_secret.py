"""Does the home keep secrets for its owner alone?"""

from __future__ import annotations

import stat

from cli.local.secret import keep_password, read_json, write_json


def test_a_secret_is_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "credentials.json"
    path.write_text("{}")
    path.chmod(0o644)
    write_json(path, {"api_key": "secret"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_json(path) == {"api_key": "secret"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_or_cut_off_file_counts_as_empty(tmp_path):
    assert read_json(tmp_path / "none.json") == {}
    (tmp_path / "cut.json").write_text('{"port": 54')
    assert read_json(tmp_path / "cut.json") == {}


def test_a_password_is_made_once(tmp_path):
    password = keep_password(tmp_path / "flower-password")
    assert len(password) == 32
    assert keep_password(tmp_path / "flower-password") == password
