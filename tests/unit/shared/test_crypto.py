"""Does a credential open with its own keys, for its own account, and for nothing else?"""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from shared.crypto import Keyring, create_keyring, load_keyring, parse_keyring
from shared.errors import NotConfigured

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = {"token": "canary"}


@pytest.fixture
def ring() -> Keyring:
    return parse_keyring(f"new:{NEW},old:{OLD}")


def test_a_sealed_credential_names_its_key_and_shows_nothing(ring):
    sealed = ring.seal(SECRET, owner="w", account="a")

    assert sealed.startswith("new:")
    assert "canary" not in sealed
    assert ring.open(sealed, owner="w", account="a") == SECRET


def test_what_an_older_key_sealed_still_opens_after_a_rotation(ring):
    sealed = parse_keyring(f"old:{OLD}").seal(SECRET, owner="w", account="a")

    assert ring.open(sealed, owner="w", account="a") == SECRET


@pytest.mark.parametrize(("owner", "account"), [("w", "another"), ("another", "a")])
def test_a_credential_copied_onto_another_row_does_not_open(ring, owner, account):
    sealed = ring.seal(SECRET, owner="w", account="a")

    with pytest.raises(NotConfigured, match="another account"):
        ring.open(sealed, owner=owner, account=account)


def test_without_its_key_it_does_not_open_and_the_missing_key_is_named(ring):
    sealed = ring.seal(SECRET, owner="w", account="a")

    with pytest.raises(NotConfigured, match="key new"):
        parse_keyring(f"old:{OLD}").open(sealed, owner="w", account="a")


def test_a_derived_secret_depends_on_its_purpose_and_outlives_a_new_key(ring):
    assert ring.derive("a") != ring.derive("b")
    assert ring.derive("a") == parse_keyring(f"old:{OLD}").derive("a")


@pytest.mark.parametrize("text", ["", " , ", "id:short", "id:" + "x" * 44])
def test_keys_that_are_none_are_refused_by_name(text):
    with pytest.raises(NotConfigured) as refused:
        parse_keyring(text)

    assert refused.value.setting == "CALLSHEET_KEYS"


def test_a_new_home_gets_one_key_that_only_its_owner_reads(tmp_path):
    path = tmp_path / "keys"

    first = create_keyring(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert create_keyring(path) == first
    assert load_keyring("", path) == first
    assert load_keyring(f"own:{NEW}", path).keys[0][0] == "own"


def test_a_home_without_keys_says_where_they_were_looked_for(tmp_path):
    with pytest.raises(NotConfigured, match="missing"):
        load_keyring("", tmp_path / "keys")
