"""How long one event takes when they come at a steady pace: from the producer's send to the ledger's consumer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec
import numpy as np
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from engine.bench.recording import Recorded
from engine.bench.topics import LedgerWatch, sendable
from engine.core.codec import decode_event, decode_record
from engine.core.topics import ADT_EVENTS
from engine.settings import Settings

MS_PER_SECOND = 1e3
WARM_UP_SHARE = 0.2  # connections open, caches fill, the broker's compiler gets to know the path


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds at a pace in events per second."""

    pace: float
    events: int
    p50_ms: float
    p99_ms: float
    most_ms: float


async def latency_at(pace: float, settings: Settings, events: Sequence[Recorded]) -> Latency:
    """Open loop: an event is sent when it is due, whether or not the ones before are answered."""
    sent: dict[str, float] = {}
    arrived: dict[str, float] = {}
    names = [decode_event(one.raw).event_id for one in events]
    consumer = await _at_the_end(settings, {one.facility for one in events})
    producer = AIOKafkaProducer(**settings.kafka_kwargs(), acks="all")
    await producer.start()
    listening = asyncio.create_task(_listen(consumer, arrived, set(names)))
    began = time.perf_counter()
    for number, (name, one) in enumerate(zip(names, events, strict=True)):
        await asyncio.sleep(max(0.0, began + number / pace - time.perf_counter()))
        sent[name] = time.perf_counter()
        await producer.send(ADT_EVENTS, **sendable(one, settings.partitions))
    await asyncio.wait_for(listening, 30)
    await producer.stop()
    await consumer.stop()
    taken = (
        np.array([arrived[name] - sent[name] for name in names[round(len(names) * WARM_UP_SHARE) :]]) * MS_PER_SECOND
    )
    p50, p99, most = (float(one) for one in np.percentile(taken, [50, 99, 100]))
    return Latency(pace, len(taken), p50, p99, most)


async def _at_the_end(settings: Settings, facilities: set[str]) -> AIOKafkaConsumer:
    partitions = LedgerWatch(settings, facilities).partitions
    consumer = AIOKafkaConsumer(**settings.kafka_kwargs(), auto_offset_reset="latest")
    await consumer.start()
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)
    return consumer


async def _listen(consumer: AIOKafkaConsumer, arrived: dict[str, float], missing: set[str]) -> None:
    while missing:
        batches = await consumer.getmany(timeout_ms=1000)
        now = time.perf_counter()
        for batch in batches.values():
            for one in batch:
                name = decode_record(one.value).event_id
                arrived.setdefault(name, now)
                missing.discard(name)
