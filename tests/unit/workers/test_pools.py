"""Is a worker's command line what Celery needs, and Flower's?"""

from __future__ import annotations

import sys

import pytest

from connectors.pools import find_pool
from shared.settings import Settings
from workers import flower, pools


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path, host_name="studio", safari="auto")


def test_a_worker_serves_its_lanes_and_gossips_with_nobody(settings):
    words = pools.command(find_pool(settings, "system"), settings)

    assert words[words.index("--queues") + 1] == "system,media,ai"
    assert words[words.index("--app") + 1] == "workers.tasks"
    assert {"--without-gossip", "--without-mingle"} <= set(words)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child is not forked, and takes seconds to start")
@pytest.mark.parametrize(("pool", "said"), [("system", []), ("apis", []), ("instagram", ["--autoscale", "1,0"])])
def test_only_pools_that_drive_browsers_have_no_child_without_work(settings, pool: str, said: list[str]):
    words = pools.command(find_pool(settings, pool), settings)

    assert [word for word, before in zip(words, ["", *words], strict=False) if "--autoscale" in {word, before}] == said


def test_the_list_of_pools_is_one_name_a_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pools", "--list"])

    pools.main()

    assert capsys.readouterr().out.split() == ["system", "instagram", "sora", "threads", "tiktok", "x", "apis"]


def test_flowers_password_is_made_once_and_is_nobody_elses(tmp_path):
    path = tmp_path / "flower-password"

    first = flower.password(path)

    assert flower.password(path) == first
    assert len(first) >= 24
    assert path.stat().st_mode & 0o777 == 0o600


def test_flower_gets_its_password_by_environment_and_is_read_only(monkeypatch, settings):
    called = {}
    monkeypatch.setattr(flower, "load_settings", lambda: settings)
    monkeypatch.setattr(flower, "run_celery", lambda *words, **environment: called.update(environment, words=words))

    flower.main()

    secret = flower.password(settings.home / "flower-password")
    assert called["FLOWER_BASIC_AUTH"] == f"callsheet:{secret}"
    assert called["FLOWER_READ_ONLY"] == "true"
    assert "--address=127.0.0.1" in called["words"]
    assert secret not in " ".join(called["words"])


def test_flower_ends_when_nobody_has_asked_for_half_an_hour_and_not_before(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(flower, "monotonic", lambda: now[0])
    monkeypatch.setattr(flower.app.Flower, "log_request", lambda *_: None)
    shown = object.__new__(flower.OnDemand)
    shown.log_request(None)

    now[0] = flower.IDLE_S
    shown.end_when_idle()
    shown.log_request(None)
    now[0] += flower.IDLE_S
    shown.end_when_idle()
    now[0] += 1
    with pytest.raises(SystemExit) as ended:
        shown.end_when_idle()

    assert ended.value.code == 0
