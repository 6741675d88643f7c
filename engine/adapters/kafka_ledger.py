"""The ledger on Kafka: an idempotent producer (acks=all), and one reader without a group for taking a facility over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from engine.adapters.ledger_topic import Entry, LedgerAway, Rejection
from engine.core.topics import ADT_EVENTS, ADT_REJECTED, BED_ASSIGNMENTS, BED_SUGGESTIONS, partition_of

log = logging.getLogger(__name__)

# A record carries whole maps at times; the topics take as much (see adapters/topics.py).
LARGEST_REQUEST_BYTES = 4_000_000
LARGEST_REJECTED_BYTES = LARGEST_REQUEST_BYTES - 10_000  # its reason travels with it
LARGEST_BATCH_BYTES = 512 * 1024  # a batch of the lane in one request of aiokafka, not in dozens
STOP_SECONDS = 3.0
READER_WAIT_MS = 10  # the next house waits for the last one's fetch to come back


class KafkaLedger:
    """The LedgerTopic port on Kafka; it also carries the engine's own events and its suggestions.

    aiokafka never gives up on a batch that has found its broker: it waits, however long the broker is away. After any
    other failure its sequence numbers may have a hole that the broker refuses for ever, so the producer is made anew;
    the lane has seen to it by then that nothing of the old one is still on its way.
    """

    def __init__(self, connection: dict[str, Any]) -> None:
        self._connection = connection
        self._producer: AIOKafkaProducer | None = None
        self._reader: AIOKafkaConsumer | None = None
        self._pending: set[asyncio.Future[int]] = set()
        self._has_failed = False
        self._partitions: dict[str, int] = {}

    async def start(self) -> None:
        """Raises LedgerAway."""
        try:
            self._producer = await self._new_producer()
            for topic in (ADT_EVENTS, BED_ASSIGNMENTS, BED_SUGGESTIONS):
                self._partitions[topic] = len(await self._producer.partitions_for(topic))
        except KafkaError as error:
            raise LedgerAway(f"Kafka does not answer ({type(error).__name__})") from error

    async def stop(self) -> None:
        """Let go of the connections; what is still on its way gets a few seconds."""
        await self._close(self._producer, self._reader)
        self._producer = self._reader = None

    # -- the port ----------------------------------------------------------------------------------------------------

    async def append(self, facility: str, records: Sequence[bytes], timestamp_ms: int) -> asyncio.Future[int]:
        await self._mended()
        sent = [await self._send(BED_ASSIGNMENTS, facility, raw, timestamp_ms) for raw in records]
        acknowledged = asyncio.ensure_future(_last_offset(sent))
        self._pending.add(acknowledged)
        acknowledged.add_done_callback(self._note)
        return acknowledged

    async def settled(self) -> None:
        while self._pending:
            await asyncio.wait(self._pending)

    async def reject(self, rejection: Rejection) -> Awaitable[int]:
        raw = rejection.raw
        if raw is None and rejection.key is None:
            raw = b""  # Kafka's clients refuse a record with neither
        headers = [
            ("reason", rejection.reason.encode()),
            ("topic", rejection.topic.encode()),
            ("partition", str(rejection.partition).encode()),
            ("offset", str(rejection.offset).encode()),
        ]
        cut = raw and raw[:LARGEST_REJECTED_BYTES]
        return _last_offset([await self._hand_over(ADT_REJECTED, cut, rejection.key, 0, None, headers)])

    async def read(self, facility: str, after_offset: int) -> AsyncGenerator[Entry, None]:
        where = TopicPartition(BED_ASSIGNMENTS, partition_of(facility, self._partitions[BED_ASSIGNMENTS]))
        key = facility.encode()
        try:
            reader = await self._reader_at(where, after_offset + 1)
            end = (await reader.end_offsets([where]))[where]
            while await reader.position(where) < end:
                for record in (await reader.getmany(where, timeout_ms=500)).get(where, []):
                    if record.key == key and record.offset < end:
                        yield Entry(record.offset, record.value)
        except KafkaError as error:
            await self._close(self._reader)
            self._reader = None
            raise LedgerAway(f"{type(error).__name__} while reading {BED_ASSIGNMENTS}") from error

    # -- what else the worker publishes ------------------------------------------------------------------------------

    async def publish_event(self, facility: str, raw: bytes) -> None:
        """Put an event of the engine's own on adt.events. Raises LedgerAway."""
        await _last_offset([await self._send(ADT_EVENTS, facility, raw)])

    async def suggest(self, facility: str, raw: bytes) -> None:
        """Publish a plan with its suggestions. Raises LedgerAway."""
        await _last_offset([await self._send(BED_SUGGESTIONS, facility, raw)])

    # -- connections -------------------------------------------------------------------------------------------------

    async def _send(self, topic: str, facility: str, raw: bytes, timestamp_ms: int | None = None) -> Awaitable[Any]:
        partition = partition_of(facility, self._partitions[topic])
        return await self._hand_over(topic, raw, facility.encode(), partition, timestamp_ms, [])

    async def _hand_over(self, topic: str, *record: Any) -> Awaitable[Any]:
        assert self._producer is not None, "start() comes first"
        raw, key, partition, timestamp_ms, headers = record
        try:
            sent: asyncio.Future[Any] = await self._producer.send(topic, raw, key, partition, timestamp_ms, headers)
        except KafkaError as error:
            self._has_failed = True
            raise LedgerAway(f"{type(error).__name__} while sending to {topic}") from error
        sent.add_done_callback(_seen)
        return sent

    def _note(self, acknowledged: asyncio.Future[int]) -> None:
        self._pending.discard(acknowledged)
        self._has_failed |= _seen(acknowledged)

    async def _mended(self) -> None:
        """A producer that failed is replaced, once nothing of it can arrive any more."""
        if not self._has_failed:
            return
        if self._pending:
            raise LedgerAway("earlier records are still on their way")
        await self._close(self._producer)
        try:
            self._producer = await self._new_producer()
        except KafkaError as error:
            raise LedgerAway(f"Kafka does not answer ({type(error).__name__})") from error
        self._has_failed = False

    async def _new_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._connection,
            acks="all",
            enable_idempotence=True,
            max_request_size=LARGEST_REQUEST_BYTES,
            max_batch_size=LARGEST_BATCH_BYTES,
        )
        try:
            await producer.start()
        except BaseException:
            await self._close(producer)
            raise
        return producer

    async def _reader_at(self, where: TopicPartition, offset: int) -> AIOKafkaConsumer:
        if self._reader is None:
            self._reader = AIOKafkaConsumer(
                **self._connection,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=READER_WAIT_MS,
            )
            await self._reader.start()
        self._reader.assign([where])
        beginning = (await self._reader.beginning_offsets([where]))[where]
        self._reader.seek(where, max(offset, beginning))
        return self._reader

    @staticmethod
    async def _close(*clients: AIOKafkaProducer | AIOKafkaConsumer | None) -> None:
        for client in clients:
            if client is not None:
                with suppress(KafkaError, TimeoutError):
                    await asyncio.wait_for(client.stop(), STOP_SECONDS)


async def _last_offset(sent: Sequence[Awaitable[Any]]) -> int:
    """All of them: they may travel in several batches, of which the last can arrive without the first."""
    offset = -1
    try:
        for one in sent:
            offset = int((await one).offset)
    except KafkaError as error:
        raise LedgerAway(f"{type(error).__name__} while the broker was to acknowledge") from error
    return offset


def _seen(future: asyncio.Future[Any]) -> bool:
    """Whether it failed; looked at, so that a failure nobody waits for is not reported as forgotten."""
    return future.cancelled() or future.exception() is not None
