"""By which names is somebody known?"""

from __future__ import annotations

import pytest

from shared.engine.rules.recipients import domain_of, handle_of, names_in, names_of


@pytest.mark.parametrize(
    "written",
    [
        "maple",
        "@maple",
        " @Maple ",
        "MAPLE",
        "\uff4d\uff41\uff50\uff4c\uff45",
        "\uff20maple",
        "ma\u200bple",
        "\U0001d4f6\U0001d4ea\U0001d4f9\U0001d4f5\U0001d4ee",
    ],
)
def test_a_handle_is_one_however_it_is_written(written: str):
    assert handle_of(written) == "maple"


@pytest.mark.parametrize("written", ["", "@", "two words", "a/b", "x" * 101, "\u200b", "\u3164", "http://x"])
def test_what_is_no_handle_is_refused(written: str):
    with pytest.raises(ValueError, match="is no handle"):
        handle_of(written)


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("Example.ORG", "example.org"),
        ("https://www.example.org/a?b", "www.example.org"),
        ("*.example.org.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("straße.example", "xn--strae-oqa.example"),
        ("STRASSE.example", "strasse.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("bücher\u3002example", "xn--bcher-kva.example"),
        ("exa\u00admple.org", "example.org"),
        ("\u200eexample.org", "example.org"),
        ("https://BÜCHER.example:8443/a", "xn--bcher-kva.example"),
        ("_dmarc.example.org", "_dmarc.example.org"),
    ],
)
def test_a_domain_is_one_however_it_is_written(written: str, domain: str):
    assert domain_of(written) == domain


@pytest.mark.parametrize("written", ["", "org", "a..b", "-a.org", "a b.org", "https://", "x" * 300 + ".org", "http://[::1"])
def test_what_is_no_domain_is_refused(written: str):
    with pytest.raises(ValueError, match="is no domain"):
        domain_of(written)


def test_an_address_is_known_by_its_domains_and_its_owner():
    assert names_of("https://www.tiktok.com/@Maple/video/7") == ["@maple", "tiktok.com", "www.tiktok.com"]
    assert names_of("https://x.com/maple/status/7") == ["@maple", "x.com"]
    assert names_of("https://www.tiktok.com/%40maple/video/7") == ["@maple", "tiktok.com", "www.tiktok.com"]
    assert names_of("http://127.0.0.1:3900/instagram/p/C1/") == ["127.0.0.1", "@instagram"]
    assert names_of("jo.example.org") == ["@jo.example.org", "example.org", "jo.example.org"]
    assert names_of("a prompt with words") == []
    assert names_of("https://Straße.example/a") == ["xn--strae-oqa.example"]


def test_a_payload_names_whom_it_is_aimed_at():
    assert names_in({"to": "@Maple", "text": "hi"}) == ["@maple"]
    assert names_in({"prompt": "a cat"}) is None
