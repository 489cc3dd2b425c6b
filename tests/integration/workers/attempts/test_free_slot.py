"""Does a worker go on taking messages when Redis did not hear that one is done?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from kombu import Connection, Consumer, Message, Queue
from redis.exceptions import ConnectionError as RedisGoneError

from tests.support.servers import Servers
from workers.attempts.free_slot import release_place

QUEUE = Queue("release-place")


@pytest.fixture
def channel(servers: Servers) -> Iterator[Any]:
    """A channel with one place, as the consumer of a pool has it."""
    with Connection(servers.redis_url) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=1)
        QUEUE(channel).declare()
        QUEUE(channel).purge()
        yield channel


def take(channel: Any) -> Message:
    connection = channel.connection.client
    with connection.Producer(channel) as producer:
        producer.publish({}, routing_key=QUEUE.name)
    taken: list[Message] = []
    with Consumer(channel, [QUEUE], on_message=taken.append):
        connection.drain_events(timeout=5)
    return taken[0]


def lose_acknowledgement(channel: Any, message: Message, monkeypatch) -> None:
    def gone(*_: Any) -> None:
        raise RedisGoneError

    with monkeypatch.context() as patch:
        patch.setattr(channel.qos, "_remove_from_indices", gone)
        message.ack_log_error(logging.getLogger(__name__), channel.connection_errors)


def test_a_lost_acknowledgement_leaves_no_place_taken(channel: Any, monkeypatch):
    message = take(channel)
    lose_acknowledgement(channel, message, monkeypatch)
    assert not channel.qos.can_consume(), "Celery mends this by itself now: workers/attempts/free_slot.py can go"

    release_place(message)

    assert channel.qos.can_consume()


def test_a_message_that_was_acknowledged_frees_its_place_once(channel: Any):
    message = take(channel)
    message.ack()

    release_place(message)

    assert channel.qos.can_consume()
    take(channel)
    assert not channel.qos.can_consume()
