"""Does an address that is shown keep its password to itself?"""

from __future__ import annotations

import pytest

from cli.local.address import masked


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://owner:s3cret@host:5432/db", "postgresql://owner:***@host:5432/db"),  # pragma: allowlist secret
        ("redis://:s3cret@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"),  # pragma: allowlist secret
        ("redis://user:p%40ss@host/0?a=b", "redis://user:***@host/0?a=b"),  # pragma: allowlist secret
        ("rediss://user:with:more@host/0", "rediss://user:***@host/0"),  # pragma: allowlist secret
        ("postgresql://owner:with@sign@host/db", "postgresql://owner:***@host/db"),  # pragma: allowlist secret
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db"),
        ("postgresql:///db?host=/run", "postgresql:///db?host=/run"),
        ("", ""),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_password(url: str, shown: str):
    assert masked(url) == shown
