"""Port to the ledger and the rejected topic: append with an acknowledgement, read to the end. Kafka, or memory in tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, Protocol

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from engine.core.topics import ADT_EVENTS, ADT_REJECTED, BED_ASSIGNMENTS, BED_SUGGESTIONS, partition_of

# A record carries whole maps at times; the topics take as much (see adapters/topics.py).
LARGEST_REQUEST_BYTES = 4_000_000


class LedgerAway(RuntimeError):
    """The broker did not take or give what it was asked for."""


class Entry(msgspec.Struct, frozen=True):
    """Ledger bytes at an offset of the facility's partition."""

    offset: int
    raw: bytes


class Rejection(msgspec.Struct, frozen=True):
    """An event that could not be read or applied: the raw record and why."""

    raw: bytes | None
    key: bytes | None
    topic: str
    partition: int
    offset: int
    reason: str


class LedgerTopic(Protocol):
    """Appends keep their order per facility; the awaitable gives the offset of the last record once the broker is sure."""

    async def append(self, facility: str, records: Sequence[bytes], timestamp_ms: int) -> Awaitable[int]: ...

    async def reject(self, rejection: Rejection) -> Awaitable[int]: ...

    def read(self, facility: str, after_offset: int) -> AsyncIterator[Entry]: ...


class MemoryLedger:
    """The port in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, list[bytes]] = {}
        self.rejections: list[Rejection] = []

    async def append(self, facility: str, records: Sequence[bytes], timestamp_ms: int) -> Awaitable[int]:  # noqa: ARG002  # the port's
        held = self.entries.setdefault(facility, [])
        held.extend(records)
        return _done(len(held) - 1)

    async def reject(self, rejection: Rejection) -> Awaitable[int]:
        self.rejections.append(rejection)
        return _done(len(self.rejections) - 1)

    async def read(self, facility: str, after_offset: int) -> AsyncIterator[Entry]:
        for offset, raw in enumerate(self.entries.get(facility, [])):
            if offset > after_offset:
                yield Entry(offset, raw)


def _done(offset: int) -> Awaitable[int]:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    future.set_result(offset)
    return future


class KafkaLedger:
    """The port on Kafka: an idempotent producer (acks=all) and a consumer without a group for rebuilds."""

    def __init__(self, connection: dict[str, Any]) -> None:
        self._connection = connection
        self._producer: AIOKafkaProducer | None = None
        self._partitions = 0

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(
            **self._connection, acks="all", enable_idempotence=True, max_request_size=LARGEST_REQUEST_BYTES
        )
        await self._producer.start()
        self._partitions = len(await self._producer.partitions_for(BED_ASSIGNMENTS))

    async def stop(self) -> None:
        if self._producer is not None:
            await self._producer.stop()

    async def append(self, facility: str, records: Sequence[bytes], timestamp_ms: int) -> Awaitable[int]:
        """Hand the records to the broker in order. Raises LedgerAway when they cannot even be queued."""
        last: Awaitable[Any] | None = None
        partition, key = partition_of(facility, self._partitions), facility.encode()
        for raw in records:
            last = await self._send(BED_ASSIGNMENTS, raw, key, partition, timestamp_ms)
        assert last is not None, "an append carries at least one record"
        return _offset_of(last)

    async def reject(self, rejection: Rejection) -> Awaitable[int]:
        headers = [
            ("reason", rejection.reason.encode()),
            ("topic", rejection.topic.encode()),
            ("partition", str(rejection.partition).encode()),
            ("offset", str(rejection.offset).encode()),
        ]
        return _offset_of(await self._send(ADT_REJECTED, rejection.raw, rejection.key, None, None, headers))

    async def publish_event(self, facility: str, raw: bytes) -> None:
        """Put an event of the engine's own on adt.events. Raises LedgerAway."""
        partitions = len(await self._started().partitions_for(ADT_EVENTS))
        await _offset_of(
            await self._send(ADT_EVENTS, raw, facility.encode(), partition_of(facility, partitions), None)
        )

    async def suggest(self, facility: str, raw: bytes) -> None:
        """Publish a plan with its suggestions. Raises LedgerAway."""
        partitions = len(await self._started().partitions_for(BED_SUGGESTIONS))
        where = partition_of(facility, partitions)
        await _offset_of(await self._send(BED_SUGGESTIONS, raw, facility.encode(), where, None))

    def _started(self) -> AIOKafkaProducer:
        assert self._producer is not None, "start() comes first"
        return self._producer

    async def _send(
        self,
        topic: str,
        raw: bytes | None,
        key: bytes | None,
        partition: int | None,
        timestamp_ms: int | None,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> Awaitable[Any]:
        try:
            sent: Awaitable[Any] = await self._started().send(
                topic, raw, key, partition, timestamp_ms, headers=headers or []
            )
        except KafkaError as error:
            raise LedgerAway(f"{type(error).__name__} while sending to {topic}") from error
        return sent

    async def read(self, facility: str, after_offset: int) -> AsyncIterator[Entry]:
        """The facility's ledger bytes after an offset, to the end as it is when the reading starts."""
        where = TopicPartition(BED_ASSIGNMENTS, partition_of(facility, self._partitions))
        consumer = AIOKafkaConsumer(**self._connection, enable_auto_commit=False, auto_offset_reset="earliest")
        try:
            await consumer.start()
            consumer.assign([where])
            end = (await consumer.end_offsets([where]))[where]
            start = max(after_offset + 1, (await consumer.beginning_offsets([where]))[where])
            consumer.seek(where, start)
            while await consumer.position(where) < end:
                for record in (await consumer.getmany(where, timeout_ms=500)).get(where, []):
                    if record.key == facility.encode():
                        yield Entry(record.offset, record.value)
        except KafkaError as error:
            raise LedgerAway(f"{type(error).__name__} while reading {BED_ASSIGNMENTS}") from error
        finally:
            await consumer.stop()


async def _offset_of(sent: Awaitable[Any]) -> int:
    try:
        return int((await sent).offset)
    except KafkaError as error:
        raise LedgerAway(f"{type(error).__name__} while the broker was to acknowledge") from error
