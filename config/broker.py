"""How worker and beat bear a broker that goes away and comes back with nothing. The settings name what stands here.

A broker message is a doorbell: none has to be kept, put back or delivered again, as the beat rings for what no bell
rang for.
"""

from functools import cached_property, partial
from typing import Any

from celery.beat import PersistentScheduler
from celery.worker.consumer import Consumer
from kombu.transport import redis

RETRY_SECONDS = 2


class Channel(redis.Channel):
    """A channel that lets go of what was not acknowledged when its connection broke.

    Kombu 5.7 would put it back, or acknowledge it once its task is done, on the connection that is gone: that ends the
    whole worker ("AttributeError: 'NoneType' object has no attribute 'hostname'", "… 'client'").
    """

    do_restore = False

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        if self.connection is not None:
            super().basic_ack(delivery_tag, multiple)


redis.Transport.Channel = Channel


class PatientConsumer(Consumer):
    """A worker that asks for the broker every two seconds."""

    def ensure_connected(self, conn: Any) -> Any:
        return super().ensure_connected(_patient(conn))


class PatientScheduler(PersistentScheduler):
    """A beat that does the same when it starts."""

    @cached_property
    def connection(self) -> Any:
        return _patient(self.app.connection_for_write())


def _patient(connection: Any) -> Any:
    """Let the connection wait two seconds between two tries: kombu waits longer each time, up to 30, unless told."""
    every = {"interval_start": RETRY_SECONDS, "interval_step": 0, "interval_max": RETRY_SECONDS}
    connection.ensure_connection = partial(connection.ensure_connection, **every)
    return connection
