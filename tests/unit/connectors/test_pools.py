"""Is there one pool for each platform, with its lanes?"""

from __future__ import annotations

import sys

import pytest

from connectors import pools
from connectors.registry import MANIFESTS
from shared.errors import NotConfigured
from shared.settings import Settings


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


def test_on_a_small_machine_what_needs_no_browser_has_no_pool_of_its_own_and_two_serve_the_rest():
    merged = pools.pools(Settings(merge_pools=True))
    assert list(merged) == ["system", "instagram", "tiktok"]
    assert merged["system"].lanes == ("system", "media", "ai", "api.openai_videos", "api.runway", "api.tiktok")
    assert pools.pools(Settings())["apis"].lanes == ("api.openai_videos", "api.runway", "api.tiktok")
    assert merged["instagram"].lanes == tuple(f"chromium.local.{name}" for name in ("instagram", "sora", "threads"))
    assert merged["tiktok"].lanes == ("chromium.local.tiktok", "chromium.local.x")
    assert all(pool.concurrency == 1 for pool in merged.values())  # two processes would take an account's browser in turns
