"""Kafka records in: decoded, checked against their partition, or refused with a class and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from engine.core.codec import WireError, decode_event
from engine.core.events import Event
from engine.core.ledger import Arrival, Position
from engine.core.topics import partition_of


class Delivery(msgspec.Struct, frozen=True):
    """One Kafka record as it came, and how to acknowledge it. `timestamp_ms` is the record's own."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    ack: Callable[[], object]


class Refused(msgspec.Struct, frozen=True):
    """Why a delivery is no event: a class for the metric, a sentence for people."""

    reason_class: str
    sentence: str


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FURTHEST_APART = timedelta(days=366)


def read(delivery: Delivery, topic_id: str, partitions: int) -> Arrival | Refused:
    """The event, or why it is none. `partitions` is the live count of the topic."""
    try:
        event = decode_event(delivery.value)
    except WireError as error:
        return Refused("unreadable", str(error))
    sent_at = EPOCH + timedelta(milliseconds=delivery.timestamp_ms)
    wrong = _misplaced(event, delivery, partitions) or _untimely(event, sent_at)
    if wrong is not None:
        return wrong
    return Arrival(event, Position(topic_id, delivery.partition, delivery.offset), sent_at)


def _untimely(event: Event, sent_at: datetime) -> Refused | None:
    """Lane time never goes back, so one record from the far future would let every timer fire: it stays outside."""
    if abs(sent_at - event.at) <= FURTHEST_APART:
        return None
    apart = f"the record's time ({sent_at:%Y-%m-%d}) and `at` ({event.at:%Y-%m-%d}) lie over a year apart"
    return Refused("untimely", f"{apart}: set the publisher's clock, or send event time as the record's time")


def _misplaced(event: Event, delivery: Delivery, partitions: int) -> Refused | None:
    facility = event.facility
    if delivery.key != facility.encode():
        return Refused("wrong_key", f"the record's key is not its facility: key it with {facility!r}")
    home = partition_of(facility, partitions)
    if delivery.partition != home:
        where = f"facility {facility!r} belongs to partition {home}, not {delivery.partition}"
        return Refused("wrong_partition", f"{where}: use Kafka's murmur2 partitioner, keyed by facility")
    return None
