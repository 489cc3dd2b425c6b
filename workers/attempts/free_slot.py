"""How is a worker's slot freed when Redis did not receive the acknowledgement of a message?"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kombu.transport import virtual


def release_place(message: Any) -> None:
    """Free the slot that a finished message still holds because its acknowledgement got lost on the way.

    Kombu keeps such a slot until the connection breaks as a whole: a worker with one slot is alive, says so, and takes
    nothing any more (measured; celery#10205). What Redis keeps of the message comes back after the visibility timeout
    and is stale by its release number.
    """
    if message.acknowledged:
        return
    places = message.channel.qos
    with suppress(KeyError):  # the connection was made anew meanwhile, with new slots
        places.get(message.delivery_tag)
        virtual.QoS.ack(places, message.delivery_tag)  # type: ignore[no-untyped-call]  # kombu ships no types
