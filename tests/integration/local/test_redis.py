"""Does Redis run from any home, closed to strangers?"""

from __future__ import annotations

import re
import shutil

import pytest
import redis as library

from cli.local.servers import redis, wire
from shared.errors import NotConfigured


def test_redis_answers_those_who_know_the_password(tmp_path):
    server = redis.start(tmp_path / "home")
    try:
        assert redis.answers(server.url)
        assert wire.recorded_url(tmp_path / "home") == server.url
        with (
            library.Redis.from_url(re.sub(":[^:@]+@", ":wrong@", server.url)) as stranger,
            pytest.raises(library.RedisError),
        ):
            stranger.ping()
    finally:
        server.stop()
    assert not redis.answers(server.url)


def test_redis_is_bounded_and_writes_nothing_to_the_disk(tmp_path):
    home = tmp_path / 'it\'s a "home"' / ("long" * 40)
    server = redis.start(home)
    try:
        with library.Redis.from_url(server.url, decode_responses=True) as client:
            names = ("maxmemory", "maxmemory-policy", "save", "appendonly", "dir", "hz")
            settings = {name: client.config_get(name)[name] for name in names}
    finally:
        server.stop()
    assert settings == {
        "maxmemory": str(256 * 1024**2),
        "maxmemory-policy": "noeviction",
        "save": "",
        "appendonly": "no",
        "dir": str(home / "redis"),
        "hz": "1",
    }


def test_without_any_redis_the_mend_is_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NotConfigured) as caught:
        wire.find_program()
    assert caught.value.setting == "CALLSHEET_REDIS_URL"
    assert "brew install redis" in caught.value.message
