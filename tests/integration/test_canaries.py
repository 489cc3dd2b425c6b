"""Would the end-to-end tests notice a secret, wherever it came out?"""

from __future__ import annotations

from redis import Redis

from tests.support.canaries import PLANTED, Canaries, plant
from tests.support.gateway import Gateway, serve

SECRET = PLANTED["person"]


def test_a_secret_is_seen_in_an_answer_a_table_a_command_a_file_and_a_files_name(gateway: Gateway, tmp_path):
    watch = Canaries()
    with watch.listening(gateway.settings.redis_url), watch.everywhere(tmp_path):
        gateway.post("/api/auth/login", {"email": "canary@example.org", "password": SECRET})
        assert watch.seen == []
        gateway.query("UPDATE accounts SET state_reason = %(said)s WHERE platform = 'tiktok'", said=f"not {SECRET}")
        gateway.http.get("/api/accounts/tiktok/demo")
        with Redis.from_url(gateway.settings.redis_url) as wire:
            wire.set("said", SECRET)
        (tmp_path / "gateway.log").write_text(f"at last: {SECRET}")
        (tmp_path / f"{SECRET}.png").write_bytes(b"")
        (tmp_path / "credentials.json").write_text(SECRET)
    watch.sweep_database(gateway.settings)
    where = [seen.partition(" in ")[2] for seen in watch.seen]
    assert "GET /api/accounts/tiktok/demo -> 200" in where
    assert any(place.startswith("a command to Redis") for place in where)
    assert {"a file's name", "file gateway.log", "table accounts"} <= set(where)
    assert "file credentials.json" not in where


def test_everything_that_is_given_out_once_is_a_secret_from_then_on(database):
    watch = Canaries()
    watch.add_home(database)
    with (
        serve(database.model_copy(update={"egress_allowed": "127.0.0.0/8"})) as gateway,
        watch.everywhere(database.home),
    ):
        plant(gateway)
    said = set(watch.secrets.values())
    routes = ("keys", "hosts", "invitations", "webhooks", "auth/login", "auth/refresh", "auth/ticket", "auth/totp")
    assert {f"the answer to POST /api/{route}" for route in routes} <= said
    assert {
        "a field of POST /api/accounts",
        "a field of POST /api/notifications",
        "a request's Authorization",
        "CALLSHEET_KEYS",
    } <= said
    assert watch.seen == []
