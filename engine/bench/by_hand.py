"""The yardstick: a consumer loop written by hand around the very same lane, in a process of its own.

`python -m engine.bench.by_hand`, with the settings of a worker. It reads a batch, hands it to the lane and commits the
acknowledged offsets every second, as the worker does; there is no Faust in it, no planner and no tick.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from redis.asyncio import Redis

from engine.adapters.faust_transport import LONGEST_FETCH_MS
from engine.adapters.kafka_ledger import KafkaLedger
from engine.adapters.lane import Lane, Topic
from engine.adapters.logs import configure_logs, quieten
from engine.adapters.metrics import Metrics
from engine.adapters.redis_census import RedisStore
from engine.adapters.stay_models import FallbackModels
from engine.adapters.topics import events_topic
from engine.adapters.wire import Delivery
from engine.bootstrap import known_openings
from engine.core.topics import ADT_EVENTS
from engine.settings import Settings, load_settings

COMMIT_EVERY_SECONDS = 1.0


class Acknowledged:
    """The next offset of each partition, as far as the lane has acknowledged it."""

    def __init__(self) -> None:
        self.next: dict[TopicPartition, int] = {}

    def take(self, where: TopicPartition, offset: int) -> None:
        self.next[where] = offset + 1

    async def keep_committing(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            await asyncio.sleep(COMMIT_EVERY_SECONDS)
            if self.next:
                await consumer.commit(dict(self.next))


async def consume(settings: Settings) -> None:
    """Read, decide, acknowledge, until the process ends."""
    consumer = AIOKafkaConsumer(
        ADT_EVENTS,
        **settings.kafka_kwargs(),
        group_id=settings.group_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=settings.batch_max,
        fetch_max_wait_ms=LONGEST_FETCH_MS,
    )
    await consumer.start()
    lane = await open_lane(settings)
    lane.start()
    acknowledged = Acknowledged()
    committing = asyncio.create_task(acknowledged.keep_committing(consumer))
    while not committing.done():
        batches = await consumer.getmany(timeout_ms=200, max_records=settings.batch_max)
        if deliveries := [_delivery(one, acknowledged) for batch in batches.values() for one in batch]:
            await lane.handle(deliveries)
    committing.result()


async def open_lane(settings: Settings) -> Lane:
    """As the worker opens it."""
    metrics = Metrics()
    metrics.start_server(settings.metrics_host, settings.metrics_port)
    ledger = KafkaLedger(settings.kafka_kwargs())
    await ledger.start()
    store = RedisStore(Redis.from_url(**settings.redis_kwargs()))
    topic = Topic(*events_topic(settings))
    return Lane(store, ledger, FallbackModels(metrics), known_openings(settings), metrics, topic)


def _delivery(record: Any, acknowledged: Acknowledged) -> Delivery:
    where = TopicPartition(record.topic, record.partition)
    return Delivery(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp,
        key=record.key,
        value=record.value,
        ack=partial(acknowledged.take, where, record.offset),
    )


def main() -> None:
    settings = load_settings()
    configure_logs(settings.log_format, settings.log_level)
    quieten("aiokafka")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(consume(settings))


if __name__ == "__main__":
    main()
