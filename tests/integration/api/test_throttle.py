"""Is the eleventh try in a minute refused: by e-mail address, by IP address, and while Redis is away?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from shared.identity.caller import TooManyTries
from shared.identity.sign_in.throttle import Throttle
from tests.support.gateway import Gateway, serve
from tests.support.people import add_person, forget_tries, log_in, signed_in

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def without_redis(database) -> Iterator[Gateway]:
    with serve(database.model_copy(update={"redis_url": NOWHERE})) as running:
        yield running


@pytest.fixture
async def throttle(database) -> AsyncIterator[Callable[[], Throttle]]:
    """A gateway's counter, as often as it is asked for."""
    made: list[Throttle] = []

    def make() -> Throttle:
        made.append(Throttle(database.redis_url, tries=10))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def statuses(gateway: Gateway, *emails: str) -> list[int]:
    return [log_in(gateway, email, "wrong").status_code for email in emails]


def test_by_ip_address_whoever_is_tried(gateway: Gateway):
    tried = statuses(gateway, *(f"p{n}@example.org" for n in range(11)))
    assert tried == [401] * 10 + [429]


def test_at_once_no_more_get_through_than_one_after_the_other(gateway: Gateway):
    with ThreadPoolExecutor(15) as pool:
        tried = list(pool.map(lambda _: log_in(gateway, "mara@example.org", "wrong").status_code, range(15)))
    assert sorted(tried) == [401] * 10 + [429] * 5


def test_the_right_password_is_no_way_around_it(gateway: Gateway):
    add_person(gateway.settings, "mara@example.org", "local")
    assert statuses(gateway, *(["mara@example.org"] * 10)) == [401] * 10
    assert log_in(gateway, "mara@example.org").status_code == 429
    forget_tries(gateway)  # a minute later
    assert log_in(gateway, "mara@example.org").status_code == 200


def test_strangers_elsewhere_do_not_shut_a_person_out_of_a_place_they_know(gateway: Gateway):
    signed_in(gateway, "mara@example.org", "local")
    add_person(gateway.settings, "noor@example.org", "local")
    forget_tries(gateway)
    for email in ("mara@example.org", "noor@example.org"):
        asyncio.run(try_elsewhere(gateway, email))
    assert log_in(gateway, "mara@example.org").status_code == 200
    assert log_in(gateway, "noor@example.org").status_code == 429


async def try_elsewhere(gateway: Gateway, email: str) -> None:
    """As many tries as there are, from other addresses."""
    throttle = Throttle(gateway.settings.redis_url, tries=10)
    for _ in range(10):
        await throttle.count("sign_in", email=email)
    await throttle.close()


def test_who_is_signed_in_goes_on_while_others_try(gateway: Gateway):
    mara = signed_in(gateway, "mara@example.org", "local")
    assert statuses(gateway, *(["mara@example.org"] * 10))[-1] == 429
    assert mara.http.get("/api/me").status_code == 200
    token = mara.tokens["refresh_token"]
    assert gateway.post("/api/auth/refresh", {"refresh_token": token}, Authorization="").status_code == 200


def test_while_redis_is_away_the_door_is_neither_shut_nor_open(without_redis: Gateway):
    add_person(without_redis.settings, "mara@example.org", "local")
    assert log_in(without_redis, "mara@example.org").status_code == 200
    assert statuses(without_redis, *(["mara@example.org"] * 10)) == [401] * 9 + [429]


async def test_by_e_mail_address_from_wherever_it_is_tried(throttle):
    door = throttle()
    for n in range(10):
        await door.count("sign_in", email="mara@example.org", address=f"192.0.2.{n}")
    with pytest.raises(TooManyTries) as refused:
        await door.count("sign_in", email="mara@example.org", address="192.0.2.99")
    assert 1 <= refused.value.retry_after_s <= 60
    await door.count("sign_in", email="noor@example.org", address="192.0.2.99")


async def test_all_gateways_count_together(throttle):
    one, other = throttle(), throttle()
    for door in (one, other) * 5:
        await door.count("sign_in", address="192.0.2.1")
    with pytest.raises(TooManyTries):
        await one.count("sign_in", address="192.0.2.1")


async def test_no_e_mail_address_stands_in_redis(database, throttle):
    await throttle().count("sign_in", email="mara@example.org")
    with Redis.from_url(database.redis_url) as redis:
        keys = [key.decode() for key in redis.scan_iter("*")]
    assert any(key.startswith("callsheet:tries") for key in keys)
    assert not any("mara" in key for key in keys)
