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
    return Settings(home=tmp_path, host_name="studio")


def test_every_platform_has_a_pool_of_its_own_beside_the_systems(settings):
    assert pools.pools(settings).keys() == {"system", *MANIFESTS}


def test_browser_lanes_carry_the_hosts_name(settings):
    pool = pools.find_pool(settings, "instagram")

    assert pool.lanes == ("chromium.studio.instagram",)
    assert pool.host_bound


def test_an_unknown_pool_is_refused_with_the_names_of_the_known_ones(settings):
    with pytest.raises(NotConfigured, match="instagram, sora, system, tiktok"):
        pools.find_pool(settings, "nowhere")


def test_a_worker_serves_its_lanes_and_gossips_with_nobody(settings):
    words = pools.command(pools.find_pool(settings, "system"), settings)

    assert words[words.index("--queues") + 1] == "system,media,ai"
    assert words[words.index("--app") + 1] == "workers.tasks"
    assert {"--without-gossip", "--without-mingle"} <= set(words)


def test_the_list_of_pools_is_one_name_a_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pools", "--list"])

    pools.main()

    assert capsys.readouterr().out.split() == ["system", "instagram", "sora", "tiktok"]


def test_flowers_password_is_made_once_and_is_nobody_elses(tmp_path):
    path = tmp_path / "flower-password"

    first = flower.password(path)

    assert flower.password(path) == first
    assert len(first) >= 24
    assert path.stat().st_mode & 0o777 == 0o600


def test_flower_gets_its_password_by_environment_and_is_read_only(monkeypatch, settings):
    called = {}
    monkeypatch.setattr(flower, "load_settings", lambda: settings)
    monkeypatch.setattr(
        flower.os, "execve", lambda *words: called.update(zip(("path", "command", "environment"), words, strict=True))
    )

    flower.main()

    secret = flower.password(settings.home / "flower-password")
    assert called["environment"]["FLOWER_BASIC_AUTH"] == f"callsheet:{secret}"
    assert called["environment"]["FLOWER_READ_ONLY"] == "true"
    assert "--address=127.0.0.1" in called["command"]
    assert secret not in " ".join(called["command"])


def test_on_a_small_machine_what_is_only_read_has_no_pool_of_its_own():
    merged = pools.pools(Settings(merge_pools=True))
    assert list(merged) == ["system", "instagram", "tiktok"]
    assert merged["system"].lanes == ("system", "media", "ai", "chromium.local.sora")
