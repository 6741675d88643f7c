"""Events that could not be read or applied: what lies on adt.rejected, and the way back to adt.events.

The topic has one partition, so an offset alone names a rejected event. That it was replayed is remembered on the topic
itself, by a record without a value and with a `replayed` header. A crash between the two sends may replay an event
twice; its event id makes the second one a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from engine.adapters.kafka_admin import kafka_admin, kafka_errors
from engine.adapters.topics import LARGEST_RECORD_BYTES
from engine.core.codec import WireError, decode_event
from engine.core.errors import BadInput
from engine.core.topics import ADT_EVENTS, ADT_REJECTED, partition_of
from engine.settings import Settings

REPLAYED = "replayed"
WAIT_MS = 10_000


class Rejected(msgspec.Struct, frozen=True):
    """One rejected event, `at` when it was rejected. `raw` may hold patient data: it is shown only when asked for."""

    offset: int
    at: datetime
    reason: str
    topic: str
    partition: int
    position: int
    key: bytes | None
    raw: bytes | None
    replayed: bool = False


def read_rejected(settings: Settings) -> list[Rejected]:
    """Everything on adt.rejected, oldest first. Raises KafkaUnusable, or BadInput when the topic is missing."""
    _topic_is_there(settings)
    with _consumer(settings) as consumer:
        records = list(_to_the_end(consumer, TopicPartition(ADT_REJECTED, 0)))
    replayed = {int(headers[REPLAYED]) for headers in map(_headers, records) if REPLAYED in headers}
    return [_rejected(one, one.offset in replayed) for one in records if REPLAYED not in _headers(one)]


def replay(settings: Settings, chosen: Sequence[Rejected]) -> int:
    """Send the raw bytes to adt.events again, each in its facility's partition, at its first record time.

    A readable event goes by the facility it names, any other by its old key. Gives how many.
    """
    with _consumer(settings) as consumer, kafka_errors(settings):
        times = [_first_timestamp(consumer, one) for one in chosen]
        partitions = len(consumer.partitions_for_topic(ADT_EVENTS) or ())
    with kafka_errors(settings), closing(_producer(settings)) as producer:
        for one, timestamp_ms in zip(chosen, times, strict=True):
            key = _facility_key(one)
            partition = partition_of(key.decode(), partitions) if key is not None else one.partition
            # The client sends no record without both key and value; an empty value is refused for the same reason.
            raw = b"" if one.raw is None and key is None else one.raw
            producer.send(ADT_EVENTS, raw, key, partition=partition, timestamp_ms=timestamp_ms).get(WAIT_MS / 1000)
            mark = [(REPLAYED, str(one.offset).encode())]
            producer.send(ADT_REJECTED, key=REPLAYED.encode(), headers=mark).get(WAIT_MS / 1000)
    return len(chosen)


def _facility_key(one: Rejected) -> bytes | None:
    try:
        return decode_event(one.raw).facility.encode()
    except WireError:
        pass
    try:
        return one.key if one.key is not None and one.key.decode() else None
    except UnicodeDecodeError:
        return None


def _first_timestamp(consumer: KafkaConsumer, one: Rejected) -> int:
    """The record time it first had: now would push a replayed past to today. When it was rejected, if it is gone."""
    place = TopicPartition(one.topic, one.partition)
    consumer.assign([place])
    first, last = consumer.beginning_offsets([place])[place], consumer.end_offsets([place])[place]
    if first <= one.position < last:
        consumer.seek(place, one.position)
        found = consumer.poll(timeout_ms=WAIT_MS, max_records=1).get(place)
        if found and found[0].offset == one.position:
            return int(found[0].timestamp)
    return int(one.at.timestamp() * 1000)


def _to_the_end(consumer: KafkaConsumer, place: TopicPartition) -> Iterator[ConsumerRecord]:
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    end = consumer.end_offsets([place])[place]
    while consumer.position(place) < end:
        yield from consumer.poll(timeout_ms=1000).get(place, [])


def _rejected(record: ConsumerRecord, replayed: bool) -> Rejected:
    headers = _headers(record)
    return Rejected(
        offset=record.offset,
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        reason=headers.get("reason", "no reason given"),
        topic=headers.get("topic", ADT_EVENTS),
        partition=int(headers.get("partition", 0)),
        position=int(headers.get("offset", -1)),
        key=record.key,
        raw=record.value,
        replayed=replayed,
    )


def _headers(record: ConsumerRecord) -> dict[str, str]:
    return {name: (value or b"").decode(errors="replace") for name, value in record.headers}


def _topic_is_there(settings: Settings) -> None:
    with kafka_admin(settings) as client:
        if not client.describe_topics([ADT_REJECTED])[0]["partitions"]:
            raise BadInput(f"topic {ADT_REJECTED} is missing: `bedstream topics --create` makes it")


@contextmanager
def _consumer(settings: Settings) -> Iterator[KafkaConsumer]:
    """No group: looking changes nothing."""
    with kafka_errors(settings):
        consumer = KafkaConsumer(
            group_id=None,
            enable_auto_commit=False,
            bootstrap_timeout_ms=WAIT_MS,
            max_partition_fetch_bytes=LARGEST_RECORD_BYTES,
            **settings.kafka_kwargs(),
        )
        with closing(consumer):
            yield consumer


def _producer(settings: Settings) -> KafkaProducer:
    return KafkaProducer(
        acks="all",
        enable_idempotence=True,
        max_request_size=LARGEST_RECORD_BYTES,
        bootstrap_timeout_ms=WAIT_MS,
        max_block_ms=WAIT_MS,
        **settings.kafka_kwargs(),
    )
