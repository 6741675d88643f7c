"""Where events go: a Kafka topic or a file, behind one small port."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError

from engine.core.codec import encode_event
from engine.core.errors import BadInput
from engine.core.events import Event
from engine.core.topics import ADT_EVENTS, partition_of
from producers.event_file import FilePublisher, TimedEvent, read_events

__all__ = ["EventSink", "FilePublisher", "KafkaPublisher", "PublishError", "TimedEvent", "read_events"]

UNCONFIRMED_AT_MOST = 10_000


class PublishError(BadInput):
    """Events could not be handed over; the message is one sentence. What was confirmed before stays."""


class EventSink(Protocol):
    """Port: takes events in order. After `flush` returns, everything sent is kept; `close` flushes first."""

    def send(self, event: Event, *, timestamp_ms: int) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class KafkaPublisher:
    """Idempotent, acknowledged by all replicas, each facility in its partition, event time as record timestamp.

    `security` holds kafka-python's own settings (security_protocol, sasl_mechanism, ssl_cafile …). At most
    UNCONFIRMED_AT_MOST events are unconfirmed; then `send` waits. Raises PublishError.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        topic: str = ADT_EVENTS,
        security: Mapping[str, Any] | None = None,
        timeout_seconds: float = 30.0,
    ) -> None:
        self._topic, self._bootstrap, self._timeout = topic, bootstrap, timeout_seconds
        self._unconfirmed: deque[Any] = deque()
        self._closed = False
        try:
            self._producer = self._connect(dict(security or {}))
        except KafkaError as error:
            raise PublishError(f"Kafka at {bootstrap} cannot be used: {_sentence(error)}") from error
        self._partitions = self._live_partitions()

    def _connect(self, security: dict[str, Any]) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self._bootstrap.split(","),
            client_id="bedstream-producer",
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            compression_type="gzip",
            allow_auto_create_topics=False,
            max_block_ms=int(self._timeout * 1000),
            delivery_timeout_ms=int(max(self._timeout, 31.0) * 1000),
            bootstrap_timeout_ms=int(min(self._timeout, 10.0) * 1000),
            **security,
        )

    def _live_partitions(self) -> int:
        """The topic's partitions as they are; kafka-python waits the whole timeout for a topic that does not exist."""
        try:
            found = self._producer.partitions_for(self._topic)
        except KafkaError:
            found = None
        if not found:
            self._closed = True
            self._producer.close(timeout=0)
            where = f"topic {self._topic!r} is missing at {self._bootstrap}"
            raise PublishError(f"{where}: `bedstream topics --create` makes it")
        return len(found)

    def send(self, event: Event, *, timestamp_ms: int) -> None:
        """Hand one event to Kafka; it is kept once `flush` has returned."""
        while len(self._unconfirmed) >= UNCONFIRMED_AT_MOST:
            self._confirm_oldest()
        try:
            future = self._producer.send(
                self._topic,
                value=encode_event(event),
                key=event.facility.encode(),
                partition=partition_of(event.facility, self._partitions),
                timestamp_ms=timestamp_ms,
            )
        except KafkaError as error:
            raise PublishError(f"Kafka at {self._bootstrap} does not take events: {_sentence(error)}") from error
        self._unconfirmed.append(future)

    def flush(self) -> None:
        """Wait until every event is confirmed. A PublishError ends this publisher: make another to go on."""
        try:
            self._producer.flush(self._timeout)  # sends what still lingers at once
        except KafkaError as error:
            raise self._given_up(error) from error
        while self._unconfirmed:
            self._confirm_oldest()

    def _confirm_oldest(self) -> None:
        future = self._unconfirmed.popleft()
        try:
            future.get(timeout=self._timeout)
        except KafkaError as error:
            raise self._given_up(error) from error

    def _given_up(self, error: KafkaError) -> PublishError:
        """Events are lost to this publisher: nothing more is waited for, and closing does not try again."""
        self._unconfirmed.clear()
        self._closed = True
        self._producer._sender.force_close()  # noqa: SLF001 - as its own close does, but without waiting for the lost
        with suppress(KafkaError):
            self._producer.close(timeout=1.0)
        return PublishError(f"Kafka at {self._bootstrap} did not confirm events: {_sentence(error)}")

    def close(self) -> None:
        """Flush, then let go of the connection; does nothing the second time, or after a PublishError."""
        if self._closed:
            return
        self.flush()
        self._closed = True
        self._producer.close(timeout=self._timeout)


def _sentence(error: KafkaError) -> str:
    """What kafka-python says, without its stack of causes; its class name where it says nothing."""
    said = str(error).strip().splitlines()
    return said[0] if said else type(error).__name__
