"""Is an address of a post taken as people copy it, and refused with what to do where it is none?"""

from __future__ import annotations

import pytest

from connectors.registry import MANIFESTS
from shared.errors import Invalid, NotFound
from shared.tasks.drafting.address import own_address

PRACTICE = "http://127.0.0.1:3900/instagram"
TAKEN = {
    "x": ("https://x.com/maple/status/12345678", (
        "https://x.com/maple/status/12345678", "https://twitter.com/maple/status/12345678",
        "https://www.x.com/maple/status/12345678", "http://mobile.twitter.com/maple/status/12345678",
        "HTTPS://X.COM:443/maple/status/12345678", "https://m.x.com/maple/status/12345678",
    )),
    "threads": ("https://www.threads.com/@maple/post/C1", (
        "https://www.threads.net/@maple/post/C1", "https://threads.net/@maple/post/C1", "https://Threads.com/@maple/post/C1",
    )),
    "instagram": ("https://www.instagram.com/p/C1/", (
        "https://instagram.com/p/C1/", "https://m.instagram.com/p/C1/", "https://WWW.Instagram.com/p/C1/",
        "https://www.instagram.com:443/p/C1/", "http://www.instagram.com:80/p/C1/", "https://www.instagram.com./p/C1/",
    )),
    "tiktok": ("https://www.tiktok.com/@maple/video/7000001", (
        "https://tiktok.com/@maple/video/7000001", "https://m.tiktok.com/@maple/video/7000001",
    )),
}  # fmt: skip


@pytest.mark.parametrize(("platform", "written"), [(name, one) for name, (_, all_) in TAKEN.items() for one in all_])
def test_an_address_is_stored_as_its_platform_writes_it(platform: str, written: str):
    assert own_address(written, platform, MANIFESTS[platform].origin, field="f") == TAKEN[platform][0]


def test_what_follows_the_path_and_what_a_reference_stands_for_stay(tmp_path):
    for rest in ("p/C1/?igsh=A%2FB#c", "p/{{tasks.#0.result.code}}/"):
        kept = own_address(f"https://instagram.com/{rest}", "instagram", "https://www.instagram.com", field="f")
        assert kept == f"https://www.instagram.com/{rest}"


@pytest.mark.parametrize(
    ("platform", "address"),
    [
        ("tiktok", "https://vm.tiktok.com/ZMabc/"),
        ("tiktok", "https://VT.tiktok.com/ZMabc/"),
        ("x", "https://t.co/abcdef"),
        ("instagram", "https://instagr.am/p/C1/"),
    ],
)
def test_a_short_link_is_refused_with_what_to_do(platform: str, address: str):
    with pytest.raises(Invalid) as caught:
        own_address(address, platform, MANIFESTS[platform].origin, field="payload.post_url")
    assert (caught.value.code, caught.value.field) == ("short_link", "payload.post_url")
    assert "open it" in caught.value.message


@pytest.mark.parametrize(
    ("platform", "path"),
    [
        ("instagram", "/maple/"),
        ("instagram", "/p/"),
        ("instagram", "/stories/maple/123/"),
        ("instagram", "/share/p/C1/"),
        ("x", "/maple"),
        ("x", "/maple/status/"),
        ("threads", "/@maple"),
        ("tiktok", "/@maple"),
        ("tiktok", "/v/1"),
    ],
)
def test_what_is_no_post_is_refused_at_once(platform: str, path: str):
    with pytest.raises(Invalid) as caught:
        own_address(f"{MANIFESTS[platform].origin}{path}", platform, MANIFESTS[platform].origin, field="f")
    assert caught.value.code == "no_post"


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/p/C1/",
        "https://www.instagram.com.evil.example/p/C1/",
        "https://www.instagram.com@evil.example/p/C1/",
        "https://me@www.instagram.com/p/C1/",
        "https://www.instagram.com:8443/p/C1/",
        "https://www.instagram.com:port/p/C1/",
        "https://www.instagram.com/../p/C1/",
        "https://[::1/p/C1/",
        "https://x.com/maple/status/12345678",
        f"{PRACTICE}/p/C1/",
    ],
)
def test_what_lies_elsewhere_is_not_found(address: str):
    with pytest.raises(NotFound) as caught:
        own_address(address, "instagram", "https://www.instagram.com", field="f")
    assert "https://www.instagram.com/" in caught.value.message


def test_a_practice_account_has_the_practice_sites_posts_alone():
    assert own_address(f"{PRACTICE}/p/C1/", "instagram", PRACTICE, field="f") == f"{PRACTICE}/p/C1/"
    with pytest.raises(NotFound):
        own_address("https://www.instagram.com/p/C1/", "instagram", PRACTICE, field="f")


def test_who_can_comment_says_what_an_address_of_a_post_is_like():
    silent = [m.platform for m in MANIFESTS.values() if any(c.name == "comment" for c in m.capabilities) and not m.post_path]
    assert silent == []
