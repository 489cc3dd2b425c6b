"""Does no secret reach a log line?"""

from __future__ import annotations

from shared.logging import redact


def test_what_is_named_like_a_secret_is_taken_out():
    event = redact(None, "info", {"event": "x", "api_key": "canary", "password": "canary", "task": "kept"})

    assert "canary" not in str(event)
    assert event["task"] == "kept"


def test_keys_and_passwords_inside_texts_are_taken_out():
    text = "csk_abcdefgh_0123456789 at postgresql://owner:canary@127.0.0.1/x"

    event = redact(None, "info", {"event": text})

    assert "0123456789" not in event["event"]
    assert "canary" not in event["event"]
    assert "csk_abcdefgh" in event["event"]
