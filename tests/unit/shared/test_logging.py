"""Does no secret reach a log line?"""

from __future__ import annotations

import pytest

from shared.logging import redact


def test_what_is_named_like_a_secret_is_taken_out():
    event = redact(None, "info", {"event": "x", "api_key": "canary", "password": "canary", "task": "kept"})

    assert "canary" not in str(event)
    assert event["task"] == "kept"


def test_keys_and_passwords_inside_texts_are_taken_out():
    text = "csk_abcdefgh_0123456789 at postgresql://owner:canary@127.0.0.1/x"  # pragma: allowlist secret

    event = redact(None, "info", {"event": text})

    assert "0123456789" not in event["event"]
    assert "canary" not in event["event"]
    assert "csk_abcdefgh" in event["event"]


@pytest.mark.parametrize("prefix", ["csr_", "csi_", "cst_", "csh_", f"eyJ{'h' * 20}.e30."])
def test_tokens_of_people_inside_texts_are_taken_out(prefix: str):
    event = redact(None, "info", {"event": f"sent {prefix}{'a' * 8}canary0123456789 and more"})

    assert "canary" not in event["event"]
    assert event["event"].endswith("and more")


def test_a_set_up_token_is_meant_to_be_read():
    token = f"css_{'a' * 43}"

    assert redact(None, "warning", {"event": "setup.open", "use": token})["use"] == token
