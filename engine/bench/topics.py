"""adt.events and the ledger as the benchmark needs them: empty before each run, filled at once, watched and checked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from redis import Redis

from engine.adapters.kafka_admin import kafka_admin
from engine.adapters.redis_census import keys_of
from engine.adapters.topics import ensure_topics
from engine.bench.recording import Recorded
from engine.core.codec import decode_record
from engine.core.errors import BadInput
from engine.core.topics import ADT_EVENTS, ADT_REJECTED, BED_ASSIGNMENTS, partition_of
from engine.settings import Settings

USED = (ADT_EVENTS, BED_ASSIGNMENTS, ADT_REJECTED)
LOOK_EVERY_SECONDS = 0.02
GIVE_UP_SECONDS = 60.0
LARGEST_REQUEST_BYTES = 4_000_000


def start_anew(settings: Settings, facilities: Iterable[str]) -> None:
    """Empty topics under their old names, and nothing of the facilities in Redis."""
    with kafka_admin(settings) as client:
        until = time.monotonic() + GIVE_UP_SECONDS
        if live := _live(client):
            client.delete_topics(live)
        while _live(client):
            if time.monotonic() > until:
                raise BadInput("Kafka does not let go of the topics of the run before")
            time.sleep(0.05)
    ensure_topics(settings)
    redis = Redis.from_url(**settings.redis_kwargs())
    for facility in facilities:
        redis.delete(*keys_of(facility))
    redis.close()


def _live(client: KafkaAdminClient) -> list[str]:
    return [topic["name"] for topic in client.describe_topics(list(USED)) if topic["partitions"]]


async def publish(settings: Settings, events: Iterable[Recorded]) -> None:
    """All of them, each in its facility's partition, confirmed by the broker."""
    producer = AIOKafkaProducer(
        **settings.kafka_kwargs(), acks="all", max_request_size=LARGEST_REQUEST_BYTES, max_batch_size=256 * 1024
    )
    await producer.start()
    try:
        for one in events:
            await producer.send(ADT_EVENTS, **sendable(one, settings.partitions))
        await producer.flush()
    finally:
        await producer.stop()


def sendable(event: Recorded, partitions: int) -> dict[str, object]:
    """The arguments of a producer's send."""
    home = partition_of(event.facility, partitions)
    return {
        "value": event.raw,
        "key": event.facility.encode(),
        "partition": home,
        "timestamp_ms": event.timestamp_ms,
    }


class LedgerWatch:
    """Looks at the ledger's length without reading it, so that watching costs next to nothing."""

    def __init__(self, settings: Settings, facilities: Iterable[str]) -> None:
        self._settings = settings
        homes = {partition_of(facility, settings.partitions) for facility in facilities}
        self.partitions = [TopicPartition(BED_ASSIGNMENTS, home) for home in sorted(homes)]

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(**self._settings.kafka_kwargs(), auto_offset_reset="earliest")
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def length(self) -> int:
        """Records in the ledger now."""
        return sum((await self._consumer.end_offsets(self.partitions)).values())

    async def until(self, records: int) -> tuple[int, float]:
        """Wait until it has so many; how many it has then, and the moment (monotonic seconds) of the look.

        Raises BadInput when it stops growing before.
        """
        seen, since = -1, time.monotonic()
        while True:
            now, found = time.monotonic(), await self.length()
            if found >= records:
                return found, now
            if found > seen:
                seen, since = found, now
            elif now - since > GIVE_UP_SECONDS:
                raise BadInput(f"the ledger stands at {found} of {records} records: see the worker's log")
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def is_whole(self, events: int) -> bool:
        """Whether each facility's versions follow each other without a gap or a repetition, one for every event."""
        self._consumer.assign(self.partitions)
        await self._consumer.seek_to_beginning(*self.partitions)
        versions: dict[str, int] = {}
        left = await self.length()
        while left > 0:
            batches = await self._consumer.getmany(timeout_ms=500)
            for raw in (one.value for batch in batches.values() for one in batch):
                record, left = decode_record(raw), left - 1
                if record.version != versions.get(record.facility, 0) + 1:
                    return False
                versions[record.facility] = record.version
        return sum(versions.values()) == events
