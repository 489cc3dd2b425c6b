"""Does a taken port give a line that names its holder and the setting?"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from cli.local.port import is_free, kept_or_free, require_free
from shared.errors import NotConfigured


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_taken_port_names_its_holder_and_the_setting(taken):
    with pytest.raises(NotConfigured) as caught:
        require_free("127.0.0.1", taken, what="gateway", setting="CALLSHEET_PORT")
    assert caught.value.setting == "CALLSHEET_PORT"
    assert f"Port {taken} of the gateway" in caught.value.message
    assert f"(pid {os.getpid()})" in caught.value.message
    assert "\n" not in caught.value.message


def test_an_address_of_another_machine_is_one_clear_line():
    with pytest.raises(NotConfigured) as caught:
        require_free("192.0.2.1", 3000, what="gateway", setting="CALLSHEET_PORT")
    assert caught.value.setting == "CALLSHEET_HOST"


def test_the_port_of_last_time_is_taken_again_while_it_is_free(taken):
    free = kept_or_free(None)
    assert kept_or_free(free) == free
    assert kept_or_free(taken) != taken


def test_a_free_port_is_free(taken):
    assert not is_free("127.0.0.1", taken)
    assert is_free("127.0.0.1", kept_or_free(None))
