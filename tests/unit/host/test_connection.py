"""Where does a host dial, how soon again, and how often on one machine?"""

from __future__ import annotations

import pytest

from host.alone import is_running, only_one
from host.connection import LONGEST_PAUSE_S, pause_after
from host.membership import Membership, find_membership, keep_membership, require_private
from shared.errors import Invalid, NotConfigured


def test_pauses_grow_differ_and_are_bounded():
    assert all(0.25 <= pause_after(0) <= 0.5 for _ in range(50))
    assert all(LONGEST_PAUSE_S / 2 <= pause_after(10**6) <= LONGEST_PAUSE_S for _ in range(50))
    assert len({pause_after(3) for _ in range(10)}) > 1


@pytest.mark.parametrize(
    "url", ["http://callsheet.example.org", "ftp://x", "", "callsheet.example.org", "http://127.0.0.1.example.org"]
)
def test_a_credential_goes_over_private_lines_alone(url):
    with pytest.raises(Invalid):
        require_private(url)
    assert require_private("https://callsheet.example.org/") == "https://callsheet.example.org"
    assert require_private("http://127.0.0.1:3000") == "http://127.0.0.1:3000"


def test_a_membership_is_its_owners_alone_and_one_of_before_the_door_says_how_to_join(tmp_path):
    membership = Membership("https://callsheet.example.org", "studio-mac", "csd_x")
    keep_membership(tmp_path / "home", membership)
    assert (tmp_path / "home" / "host.json").stat().st_mode & 0o777 == 0o600
    assert find_membership(tmp_path / "home") == membership
    (tmp_path / "host.json").write_text('{"host_name": "studio-mac", "redis_url": "redis://127.0.0.1"}')
    with pytest.raises(NotConfigured, match="callsheet host add"):
        find_membership(tmp_path)


def test_a_home_has_one_program(tmp_path):
    assert not is_running(tmp_path)
    with only_one(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(NotConfigured), only_one(tmp_path):
            pass
    assert not is_running(tmp_path)
