"""What became of published events: their records, read from the ledger topic as they appear."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from engine.core.codec import decode_record
from engine.core.errors import BadInput
from engine.core.ledger import Record
from engine.core.topics import BED_ASSIGNMENTS, partition_of


class LedgerSilent(BadInput):
    """The ledger cannot be read, or does not say in time what became of events."""


class LedgerReader(Protocol):
    """Port: waits for the records of these events, by version within each facility. Raises LedgerSilent."""

    def records(self, event_ids: Iterable[str]) -> list[Record]: ...


class KafkaLedgerReader:
    """Reads `bed.assignments` from its end as it is now, or from its beginning (to resume a replay).

    `arrived` is told each event id when its record is there (to measure how long that took).
    Only the partitions of `facilities` are read. An event seen twice keeps its first record: the second says
    `duplicate`.
    """

    def __init__(
        self,
        bootstrap: str,
        facilities: Iterable[str],
        *,
        topic: str = BED_ASSIGNMENTS,
        from_beginning: bool = False,
        security: Mapping[str, Any] | None = None,
        deadline_seconds: float = 60.0,
        arrived: Callable[[str], None] = lambda _event_id: None,
    ) -> None:
        self._bootstrap, self._deadline, self._arrived = bootstrap, deadline_seconds, arrived
        self._facilities = frozenset(facilities)
        self._found: dict[str, Record] = {}
        try:
            self._consumer = self._connect(dict(security or {}))
            self._take_up(topic, from_beginning=from_beginning)
        except KafkaError as error:
            raise LedgerSilent(f"the ledger on {bootstrap} cannot be read: {error}") from error

    def _connect(self, security: dict[str, Any]) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self._bootstrap.split(","),
            client_id="bedstream-producer",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
            allow_auto_create_topics=False,
            bootstrap_timeout_ms=10_000,
            **security,
        )

    def _take_up(self, topic: str, *, from_beginning: bool) -> None:
        partitions = self._consumer.partitions_for_topic(topic)
        if not partitions:
            raise LedgerSilent(f"topic {topic!r} is missing at {self._bootstrap}: `bedstream topics --create` makes it")
        numbers = sorted({partition_of(facility, len(partitions)) for facility in self._facilities})
        mine = [TopicPartition(topic, number) for number in numbers]
        self._consumer.assign(mine)
        (self._consumer.seek_to_beginning if from_beginning else self._consumer.seek_to_end)(*mine)
        for one in mine:
            self._consumer.position(one)  # settles where reading starts before anything is published

    def records(self, event_ids: Iterable[str]) -> list[Record]:
        """Wait for all of these; LedgerSilent when the deadline passes (seconds without any progress)."""
        wanted = list(dict.fromkeys(event_ids))
        missing = set(wanted) - self._found.keys()
        until = time.monotonic() + self._deadline
        while missing:
            fresh = self._poll()
            if fresh & missing:
                until = time.monotonic() + self._deadline
                missing -= fresh
            elif time.monotonic() > until:
                raise LedgerSilent(_late(len(missing), self._deadline))
        found = [self._found.pop(event_id) for event_id in wanted]
        return sorted(found, key=lambda record: (record.facility, record.version))

    def _poll(self) -> set[str]:
        try:
            batches = self._consumer.poll(timeout_ms=100)
        except KafkaError as error:
            raise LedgerSilent(f"the ledger on {self._bootstrap} cannot be read: {error}") from error
        fresh = set()
        for message in (one for batch in batches.values() for one in batch):
            record = decode_record(message.value)
            if record.facility in self._facilities:
                self._found.setdefault(record.event_id, record)
                fresh.add(record.event_id)
                self._arrived(record.event_id)
        return fresh

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()


def _late(missing: int, seconds: float) -> str:
    return (
        f"the ledger has said nothing for {seconds:.0f} s about {missing} published events: "
        "is a worker running (`bedstream worker`), and does it know the facility?"
    )
