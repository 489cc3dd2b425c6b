"""Does a joined host's socket carry calls and answers, each once, and end when it should?"""

from __future__ import annotations

import asyncio
import contextlib
import json
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import websockets
from redis.asyncio import Redis

from connectors.pools import find_pool
from shared.db.session import connect
from shared.door import SUBPROTOCOL, Answer, Call, Hello, State, Welcome, read, write
from shared.hosts.relay import DoorClient, NoAnswer, NotSent
from tests.support.gateway import Gateway
from tests.support.hosts import offer
from workers.attempts.presence import register


class Joined:
    """A host that has a credential."""

    def __init__(self, gateway: Gateway, name: str) -> None:
        self.gateway, self.name = gateway, name
        made = offer(gateway.http, name)
        self.id = UUID(made["id"])
        answer = httpx.post(f"{gateway.url}/api/hosts/join", json={"token": made["token"]}, timeout=20, trust_env=False)
        assert answer.status_code == 200, answer.text
        self.credential = answer.json()["credential"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.credential}"}

    @asynccontextmanager
    async def socket(self, transports: tuple[str, ...] = ("chromium",)):
        url = f"{self.gateway.url.replace('http', 'ws')}/api/hosts/door"
        async with websockets.connect(
            url, additional_headers=self.headers, subprotocols=[SUBPROTOCOL], proxy=None
        ) as socket:
            await socket.send(write(Hello("1.0", transports)))
            welcome = read(await socket.recv())
            assert isinstance(welcome, Welcome)
            assert welcome.host == self.name
            yield socket, welcome.connection


@pytest.fixture
def host(gateway: Gateway) -> Joined:
    return Joined(gateway, "studio-pc")


@pytest.fixture
async def door(gateway: Gateway):
    client = DoorClient(gateway.settings.redis_url)
    yield client
    await client.close()


def call(connection: int, do: str = "address", within: float = 5.0) -> Call:
    return Call(uuid4().hex, connection, "safari.studio-pc", 1, "s", 1, do, {"a": 1}, within)


async def echo(socket: Any, seen: list[Call]) -> None:
    async for text in socket:
        frame = read(text)
        seen.append(frame)
        await socket.send(write(Answer(frame.id, 17.5, value=frame.given)))


async def test_a_call_reaches_the_host_and_its_answer_comes_back(host: Joined, door: DoorClient):
    async with host.socket() as (socket, connection):
        seen: list[Call] = []
        answering = asyncio.create_task(echo(socket, seen))
        wanted = call(connection)
        answer = await door.call(host.id, wanted)
        answering.cancel()
    assert (answer.id, answer.mark, answer.value, answer.error) == (wanted.id, 17.5, {"a": 1}, None)
    assert seen == [wanted]


async def test_a_host_that_is_away_has_heard_nothing_for_certain(host: Joined, door: DoorClient):
    assert await door.present(host.id) is None
    with pytest.raises(NotSent):
        await door.call(host.id, call(1))


async def test_a_host_that_does_not_answer_may_have_done_it(host: Joined, door: DoorClient):
    async with host.socket() as (_, connection):
        with pytest.raises(NoAnswer):
            await door.call(host.id, call(connection, within=0.3))


async def test_whoever_waits_for_a_host_that_is_lost_hears_of_it_at_once(host: Joined, door: DoorClient):
    async with host.socket() as (_, connection):
        waiting = asyncio.create_task(door.call(host.id, call(connection, within=60.0)))
        await until(_nothing, lambda _: bool(door._waiting))
        await asyncio.sleep(0.2)
    with pytest.raises(NoAnswer) as lost:
        await asyncio.wait_for(waiting, 5)
    assert lost.value.code == "host_lost"


async def test_whoever_waits_for_a_gateway_that_died_hears_of_it_once_the_host_has_connected_anew(
    gateway: Gateway, host: Joined, door: DoorClient
):
    async with Redis.from_url(gateway.settings.redis_url) as dead, dead.pubsub() as listening:
        await listening.subscribe(f"door.calls.{host.id}")
        await listening.get_message(timeout=5)
        waiting = asyncio.create_task(door.call(host.id, call(0, within=60.0)))
        assert (await listening.get_message(timeout=5))["type"] == "message"  # it has got the call
    async with host.socket():
        with pytest.raises(NoAnswer) as lost:
            await asyncio.wait_for(waiting, 10)
    assert lost.value.code == "host_lost"


async def _nothing() -> None: ...


async def test_a_call_for_an_earlier_connection_is_handed_to_nobody(host: Joined, door: DoorClient):
    async with host.socket() as (socket, connection):
        with pytest.raises(NotSent):
            await door.call(host.id, call(connection - 1, within=5.0))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.2)


async def test_what_a_host_says_of_itself_is_known_to_whoever_calls_it(host: Joined, door: DoorClient):
    async with host.socket() as (socket, connection):
        await socket.send(write(State("a person uses the Mac of safari.studio-pc", 1_900_000_000.0)))
        present = await until(lambda: door.present(host.id), lambda found: found and found.rest_reason)
        assert (present.connection, present.rest_until) == (connection, 1_900_000_000.0)
    assert await until(lambda: door.present(host.id), lambda found: found is None) is None


async def announced(gateway: Gateway, host: Joined, door: DoorClient) -> dict[str, str]:
    """The lanes that are there after one word of its pool's presence, with the state of each."""
    more = {"door_host": str(host.id), "host_name": host.name, "pool": "host"}
    settings = gateway.settings.model_copy(update=more)
    engine = connect(settings, "worker", pool_size=1)
    await register(engine, settings, find_pool(settings, "host"), door)
    await engine.dispose()
    status = await asyncio.to_thread(gateway.http.get, "/api/scheduler/status")
    return {lane["name"]: lane["state"] for lane in status.json()["lanes"]}


async def test_the_lanes_of_a_host_are_those_of_what_it_says_it_drives(gateway: Gateway, host: Joined, door: DoorClient):
    safari, chromium = f"safari.{host.name}", f"chromium.{host.name}.instagram"
    assert safari not in await announced(gateway, host, door)  # nobody has said that there is one
    async with host.socket():
        lanes = await announced(gateway, host, door)
        assert safari not in lanes
        assert lanes[chromium] == "running"
    async with host.socket(("chromium", "safari", "a" * 1000)):
        lanes = await announced(gateway, host, door)
        assert (lanes[safari], lanes[chromium]) == ("running", "running")
    await until(lambda: door.present(host.id), lambda found: found is None)
    lanes = await announced(gateway, host, door)
    assert (lanes[safari], lanes[chromium]) == ("resting", "resting")  # it may come back with both
    async with host.socket():
        lanes = await announced(gateway, host, door)
        assert (lanes[safari], lanes[chromium]) == ("no_worker", "running")


async def test_a_second_connection_ends_the_first(host: Joined, door: DoorClient):
    async with host.socket() as (first, one), host.socket() as (second, two):
        assert two == one + 1
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(first.recv(), 5)
        assert first.close_code == 4409
        seen: list[Call] = []
        answering = asyncio.create_task(echo(second, seen))
        await door.call(host.id, call(two))
        answering.cancel()
    assert len(seen) == 1


async def test_a_host_that_is_revoked_is_out_within_a_second_and_stays_out(gateway: Gateway, host: Joined, door: DoorClient):
    async with host.socket() as (socket, _):
        said = await asyncio.to_thread(gateway.post, f"/api/hosts/{host.id}/revoke")
        assert said.status_code == 200
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 1)
        assert socket.close_code == 4401
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with host.socket():
            pass
    assert refused.value.response.status_code == 401
    assert await door.present(host.id) is None
    with pytest.raises(NotSent):
        await door.call(host.id, call(1))


async def test_a_revocation_that_redis_does_not_carry_is_found_in_the_database(gateway: Gateway, host: Joined):
    async with host.socket() as (socket, _):
        gateway.query("UPDATE host_credentials SET revoked_at = clock_timestamp() WHERE host_id = %(host)s", host=host.id)
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 3)
        assert socket.close_code == 4401


@pytest.mark.parametrize(
    "said",
    [
        '{"v":1,"kind":"state","rest_reason":"x","rest_until":1e300}',
        '{"v":1,"kind":"state","rest_reason":7}',
        '{"v":1,"kind":"answer","id":"x","mark":"soon"}',
        '{"v":1,"kind":"answer","id":["x"],"mark":1}',
        '{"v":1,"kind":"call"}',
        "no json",
        '{"v":2,"kind":"state"}',
        '{"v":1,"kind":"welcome","host":"x","connection":9}',
    ],
)
async def test_a_host_that_says_what_no_host_says_is_closed(host: Joined, said: str):
    async with host.socket() as (socket, _):
        await socket.send(said)
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 5)
        assert socket.close_code == 1008


@pytest.mark.parametrize("frame", [State("asleep", 1_900_000_000.0), Answer("nobody", 1.0, value=1)])
async def test_a_host_that_says_more_than_anybody_asked_for_is_closed(host: Joined, frame: State | Answer):
    """Each such frame costs the gateway and Redis something, and a host could send them without end."""
    async with host.socket() as (socket, _):
        with contextlib.suppress(websockets.ConnectionClosed):
            for _ in range(60):
                await socket.send(write(frame))
            await asyncio.wait_for(socket.recv(), 5)
        assert (socket.close_code, socket.close_reason) == (1008, "More than 20 frames a second that nobody asked for.")


async def test_answers_that_were_asked_for_are_not_too_many(host: Joined, door: DoorClient):
    async with host.socket() as (socket, connection):
        answering = asyncio.create_task(echo(socket, []))
        answers = await asyncio.gather(*(door.call(host.id, call(connection)) for _ in range(60)))
        answering.cancel()
    assert [answer.value for answer in answers] == [{"a": 1}] * 60


async def test_an_answer_that_nobody_waits_for_is_dropped(host: Joined, door: DoorClient):
    async with host.socket() as (socket, connection):
        await socket.send(write(Answer("nobody", 1.0, value=1)))
        seen: list[Call] = []
        answering = asyncio.create_task(echo(socket, seen))
        assert (await door.call(host.id, call(connection))).value == {"a": 1}
        answering.cancel()


async def test_a_redis_that_is_restarted_is_listened_to_again(gateway: Gateway, host: Joined, door: DoorClient):
    async with host.socket() as (socket, connection):
        seen: list[Call] = []
        answering = asyncio.create_task(echo(socket, seen))
        await door.call(host.id, call(connection))
        async with Redis.from_url(gateway.settings.redis_url) as client:
            await client.client_kill_filter(_type="pubsub")
        await until(lambda: _heard(door, host, connection), bool)
        answering.cancel()


async def test_files_go_by_requests_of_their_own_and_belong_to_their_host(gateway: Gateway, host: Joined):
    other = Joined(gateway, "other-pc")
    file = uuid4()
    address = f"{gateway.url}/api/hosts/door/files/{file}"
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        sent = await http.put(address, content=b"a picture", headers=host.headers)
        assert (sent.status_code, sent.json()) == (201, {"size": 9})
        again = await http.put(address, content=b"another", headers=host.headers)
        assert again.status_code == 409
        assert (await http.get(address, headers=host.headers)).content == b"a picture"
        assert (await http.get(address, headers=other.headers)).status_code == 404
        assert (await http.get(address, headers={"Authorization": f"Bearer {gateway.api_key}"})).status_code == 401
        assert (await http.get(address)).status_code == 401


async def test_no_more_files_lie_there_than_may(gateway: Gateway, host: Joined):
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        codes = [
            (await http.put(f"{gateway.url}/api/hosts/door/files/{uuid4()}", content=b"x", headers=host.headers)).status_code
            for _ in range(51)
        ]
    assert codes == [201] * 50 + [409]


async def _heard(door: DoorClient, host: Joined, connection: int) -> bool:
    try:
        await door.call(host.id, call(connection, within=0.5))
    except (NotSent, NoAnswer):
        return False
    return True


async def until(ask: Any, holds: Any) -> Any:
    async with asyncio.timeout(8):
        while not holds(found := await ask()):  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.02)
    return found


def test_every_frame_reads_as_it_was_written():
    for frame in (
        Hello("1", ("safari",)),
        Welcome("a", 3),
        State("x", 1.0),
        call(2),
        Answer("i", 1.0, error={"kind": "Transient"}),
    ):
        read_back = read(write(frame))
        assert json.loads(write(read_back)) == json.loads(write(frame))
