"""Is there one pool for each platform, with its lanes, and is a worker's command line what Celery needs?"""

from __future__ import annotations

import sys

import pytest

from connectors.registry import MANIFESTS
from shared.errors import NotConfigured
from shared.settings import Settings
from workers import flower, pools


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path, host_name="studio", safari="auto")


def test_every_platform_with_a_browser_has_a_pool_of_its_own_and_the_others_share_one(settings):
    driven = {name for name, manifest in MANIFESTS.items() if any(c.transport != "api" for c in manifest.capabilities)}
    assert pools.pools(settings).keys() == {"system", "apis", *driven}


def test_browser_lanes_carry_the_hosts_name(settings):
    pool = pools.find_pool(settings, "instagram")

    assert pool.lanes == ("chromium.studio.instagram",)
    assert pool.host_bound


def test_a_mac_serves_the_lane_of_its_safari_one_task_at_a_time(settings, monkeypatch):
    on = settings.model_copy(update={"safari": "on"})
    for asked in (on, on.model_copy(update={"joined": True})):
        pool = pools.find_pool(asked, "safari")
        assert (pool.lanes, pool.concurrency, pool.host_bound) == (("safari.studio",), 1, True)

    monkeypatch.setattr(sys, "platform", "darwin")
    assert "safari" in pools.pools(settings)
    assert "safari" not in pools.pools(settings.model_copy(update={"safari": "off"}))


def test_an_unknown_pool_is_refused_with_the_names_of_the_known_ones(settings):
    with pytest.raises(NotConfigured, match="apis, instagram, sora, system, threads, tiktok, x"):
        pools.find_pool(settings, "nowhere")


def test_a_worker_serves_its_lanes_and_gossips_with_nobody(settings):
    words = pools.command(pools.find_pool(settings, "system"), settings)

    assert words[words.index("--queues") + 1] == "system,media,ai"
    assert words[words.index("--app") + 1] == "workers.tasks"
    assert {"--without-gossip", "--without-mingle"} <= set(words)


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


def test_on_a_small_machine_what_needs_no_browser_has_no_pool_of_its_own_and_two_serve_the_rest():
    merged = pools.pools(Settings(merge_pools=True))
    assert list(merged) == ["system", "instagram", "tiktok"]
    assert merged["system"].lanes == ("system", "media", "ai", "api.openai_videos", "api.runway", "api.tiktok")
    assert pools.pools(Settings())["apis"].lanes == ("api.openai_videos", "api.runway", "api.tiktok")
    assert merged["instagram"].lanes == tuple(f"chromium.local.{name}" for name in ("instagram", "sora", "threads"))
    assert merged["tiktok"].lanes == ("chromium.local.tiktok", "chromium.local.x")
    assert all(pool.concurrency == 1 for pool in merged.values())  # two processes would take an account's browser in turns
