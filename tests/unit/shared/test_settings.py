"""Which process is told which secret, and what do programs that are not ours learn?"""

from __future__ import annotations

import json
import os

import pytest

from connectors.browser.chromium.driver import Chromium
from shared.errors import NotConfigured
from shared.settings import SECRETS, Settings, forget_secrets, load_settings, program_environment

KEYS = "k1:" + "A" * 43 + "="
OWNER = "postgresql://callsheet_owner:owners@db:5432/callsheet"  # pragma: allowlist secret
PROCESSES = ("gateway", "dispatcher", "pool", "keeper", "flower", "sandbox", "window", "question", "supervisor", "host_pool")
ROLE_OF = {"gateway": "gateway", "dispatcher": "dispatcher", "pool": "worker", "keeper": "worker", "host_pool": "worker"}


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        home=tmp_path, database_url=OWNER, redis_url="redis://:wire@r/0", keys=KEYS, oauth_clients="tiktok=me:apps-secret"
    )


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_told_the_address_of_its_own_role_and_no_other(settings: Settings, process):
    environment = settings.environment_for(process)

    roles = {name for name in ("owner", "gateway", "worker", "dispatcher") if f"callsheet_{name}:" in str(environment)}
    assert roles == ({ROLE_OF[process]} if process in ROLE_OF else set())
    assert "owners" not in str(environment)


@pytest.mark.parametrize("process", PROCESSES)
def test_what_is_secret_in_ones_own_environment_is_not_handed_on(monkeypatch, settings: Settings, process):
    """Whoever starts the process may have been told more than that one."""
    for name in SECRETS:
        monkeypatch.setenv(f"CALLSHEET_{name.upper()}", "inherited")
    monkeypatch.setenv("SOMETHING_ELSE", "is handed on")

    environment = settings.environment_for(process)

    assert "inherited" not in environment.values()
    assert environment["SOMETHING_ELSE"] == "is handed on"


def test_keys_and_redis_are_told_to_those_that_use_them(settings: Settings):
    told = {process: str(settings.environment_for(process)) for process in PROCESSES}

    assert {process for process, said in told.items() if KEYS in said} == {"gateway", "pool"}
    assert {process for process, said in told.items() if "apps-secret" in said} == {"gateway", "pool"}
    assert {process for process, said in told.items() if ":wire@" in said} == {
        "gateway", "dispatcher", "pool", "flower", "keeper", "host_pool",
    }  # fmt: skip


def test_what_a_worker_holds_does_not_make_the_password_of_another_role(settings: Settings):
    """It holds the keys, from which the passwords of all roles were made."""
    ring = settings.keyring()
    assert ring.derive("postgresql:callsheet_gateway") not in settings.database_url_for("gateway")

    changed = settings.model_copy(update={"database_url": OWNER.replace("owners", "others")})
    assert changed.password_of("gateway") != settings.password_of("gateway")
    without = settings.model_copy(update={"database_url": "postgresql://callsheet_owner@db/callsheet"})
    assert without.password_of("gateway") == ring.derive("postgresql:callsheet_gateway")


def test_programs_that_are_not_ours_learn_nothing_of_ours(monkeypatch, settings: Settings):
    for name, value in settings.environment_for("foundation").items():
        monkeypatch.setenv(name, value)
    for name in ("PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "CALLSHEET_SOMETHING"):
        monkeypatch.setenv(name, "a-secret")
    monkeypatch.setenv("LC_TIME", "C")

    passed = program_environment()

    assert {name for name in passed if name.startswith("CALLSHEET_")} <= {"CALLSHEET_PART_OF"}
    assert "a-secret" not in passed.values()
    assert passed["LC_TIME"] == "C"
    assert passed.keys() >= {"PATH", "HOME"}


def test_secrets_that_were_read_can_be_forgotten(monkeypatch):
    monkeypatch.setenv("CALLSHEET_WORKER_DATABASE_URL", "postgresql://w:secret@db/x")  # pragma: allowlist secret
    monkeypatch.setenv("CALLSHEET_PORT", "3001")
    loaded = load_settings()

    forget_secrets()

    assert loaded.worker_database_url == "postgresql://w:secret@db/x"  # pragma: allowlist secret
    assert "CALLSHEET_WORKER_DATABASE_URL" not in os.environ
    assert os.environ["CALLSHEET_PORT"] == "3001"


def test_secrets_come_from_a_file_and_the_environment_counts_more(monkeypatch, tmp_path):
    kept = tmp_path / "secrets.json"
    kept.write_text(json.dumps({"redis_url": "redis://file/0", "keys": KEYS}))
    monkeypatch.setenv("CALLSHEET_SECRETS_FILE", str(kept))
    monkeypatch.setenv("CALLSHEET_REDIS_URL", "redis://environment/0")

    loaded = load_settings()

    assert (loaded.redis_url, loaded.keys) == ("redis://environment/0", KEYS)
    assert KEYS not in str(os.environ)


@pytest.mark.parametrize("text", ["", "[]", '{"port": "3001"}', '{"keys": 1}'])
def test_a_file_of_secrets_that_holds_something_else_is_refused(monkeypatch, tmp_path, text):
    kept = tmp_path / "secrets.json"
    kept.write_text(text)
    monkeypatch.setenv("CALLSHEET_SECRETS_FILE", str(kept))

    with pytest.raises(NotConfigured) as caught:
        load_settings()
    assert caught.value.setting == "CALLSHEET_SECRETS_FILE"


@pytest.mark.parametrize(
    ("name", "value"),
    [("CALLSHEET_PORT", "s3cret-port"), ("CALLSHEET_TICK_MS", "soon"), ("CALLSHEET_KEEP_PROOFS_D", "-x")],
)
def test_a_setting_that_is_wrong_is_named_and_its_value_is_not_shown(monkeypatch, name: str, value: str):
    monkeypatch.setenv(name, value)
    with pytest.raises(NotConfigured) as caught:
        load_settings()
    assert caught.value.setting == name
    assert caught.value.message.startswith(f"{name}: Input should be a valid ")
    assert value not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("said", "windows"),
    [
        ("", (False, True)),
        ("auto", (False, True)),
        ("on", (False, False)),
        ("true", (False, False)),
        ("off", (True, True)),
        ("False", (True, True)),
    ],
)
def test_one_setting_says_which_browsers_have_a_window(monkeypatch, tmp_path, said, windows):
    if said:
        monkeypatch.setenv("CALLSHEET_HEADLESS", said)
    settings = load_settings()

    assert (Chromium(settings).has_window, Chromium(settings, by_hand=True).has_window) == windows
    assert "sign_in_headless" not in Settings.model_fields


def test_another_word_for_it_is_refused_with_what_there_is(monkeypatch):
    monkeypatch.setenv("CALLSHEET_HEADLESS", "maybe")
    with pytest.raises(NotConfigured) as caught:
        load_settings()
    assert caught.value.setting == "CALLSHEET_HEADLESS"
    assert "'auto', 'on' or 'off'" in caught.value.message
