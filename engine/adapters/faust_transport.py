"""Faust's Kafka transport, but for one number: how long the broker may hold a fetch that finds nothing.

aiokafka has one fetch at a time under way to a broker. While events of one partition wait to be handed over, it may ask
for the other partitions only; if those are silent, the next event of the first one waits until that fetch is answered.
Faust lets the broker hold it for 1.5 s, and on a busy machine events did wait that long (aiokafka 0.14, faust 0.15.3).
"""

from __future__ import annotations

from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver

LONGEST_FETCH_MS = 100


class _Thread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = LONGEST_FETCH_MS  # noqa: SLF001 - read when it starts; there is no setting
        return consumer


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class PromptTransport(driver.Transport):
    """For `app.transport`."""

    Consumer = _Consumer


def prompt(app: faust.App) -> PromptTransport:
    """The transport for an app on aiokafka."""
    return PromptTransport(app.conf.broker_consumer, app)
