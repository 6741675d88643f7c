"""The Faust app: one agent over adt.events that gathers what has piled up and hands it to the lane.

Measured on faust-streaming 0.15.3: `stream.noack().events()` with acks in order, concurrency 1, raw bytes in, no
tables, no `take`, and periodic work as a Service (an exception that leaves a timer ends the worker; one that leaves an
agent loses the event, so here it ends the process: Kafka delivers again to the next one).
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from signal import Signals
from typing import Any

import faust
from faust.sensors import Monitor
from mode import Service

from engine.adapters.faust_transport import prompt
from engine.adapters.lane import Lane, StateLost
from engine.adapters.wire import Delivery
from engine.core.topics import ADT_EVENTS
from engine.settings import Settings

log = logging.getLogger(__name__)

LONGEST_STOP_SECONDS = 8.0
# A full buffer takes its partitions out of a fetch that may wait a second for the others, and they are asked for again
# when it is down to 40 %: that has to last longer than the fetch, or the lane runs dry.
BUFFERED_EVENTS = 8192
POLLED_EVENTS = 512

LaneFactory = Callable[[], Awaitable[Lane]]
Background = Callable[[], Awaitable[None]]


class NoMonitor(Monitor):
    """Faust's own statistics cost more per event than the decision; the lane has metrics of its own."""

    mundane_level = "debug"

    def on_message_in(self, *args: Any, **kwargs: Any) -> None: ...
    def on_stream_event_in(self, *args: Any, **kwargs: Any) -> None: ...
    def on_stream_event_out(self, *args: Any, **kwargs: Any) -> None: ...
    def on_message_out(self, *args: Any, **kwargs: Any) -> None: ...


class LaneWorker(faust.Worker):
    """A Faust worker that draws no spinner, and ends in time even while a dependency is away."""

    def __init__(self, app: faust.App, service: LaneService) -> None:
        super().__init__(
            app, service, loglevel=None, redirect_stdouts=False, quiet=True, console_port=0, override_logging=False
        )
        self.spinner = None

    def _schedule_shutdown(self, signal: Signals) -> None:
        """Faust waits for every batch in work, for ever if need be; the protocol lets us leave at any moment."""
        in_time = threading.Timer(LONGEST_STOP_SECONDS, os._exit, [0])
        in_time.daemon = True
        in_time.start()
        super()._schedule_shutdown(signal)


class LaneService(Service):
    """Opens the lane before the consumer, and closes it after. Background work runs beside it and does not end it.

    `vet_topic` ends the process where adt.events is no longer the topic the lane was opened on.
    """

    mundane_level = "debug"

    def __init__(
        self,
        make_lane: LaneFactory,
        background: Callable[[Lane], list[Background]],
        vet_topic: Background,
        close: Background,
    ) -> None:
        super().__init__()
        self._make_lane = make_lane
        self._background = background
        self._close = close
        self.vet_topic = vet_topic
        self.lane: Lane | None = None

    async def on_start(self) -> None:
        self.lane = await self._make_lane()
        self.lane.start().add_done_callback(_end_if_failed)
        for work in self._background(self.lane):
            self.add_future(work())

    async def on_stop(self) -> None:
        if self.lane is not None:
            await self.lane.stop()
        await self._close()

    async def handle(self, batch: list[Any]) -> None:
        """One batch of Faust's events. What the lane cannot get over ends the process."""
        assert self.lane is not None, "the worker starts its services before the app"
        try:
            await self.lane.handle([_delivery(event) for event in batch])
        except Exception as error:  # noqa: BLE001  # whatever it is: going on would pass over events
            end_at_once(error)


def end_at_once(error: BaseException) -> None:
    """A new start from Kafka's offsets mends what nothing else does, and loses as little as kill -9: nothing."""
    why = error if isinstance(error, StateLost) else type(error).__name__
    log.critical("the lane cannot go on: %s", why, exc_info=error)
    os._exit(1)


def _end_if_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        end_at_once(error)


def build_app(settings: Settings, service: LaneService) -> faust.App:
    """The worker's app. Nothing is started here."""
    app = faust.App(
        settings.group_id,
        broker=f"kafka://{settings.kafka_bootstrap.replace(',', ';kafka://')}",
        broker_credentials=credentials(settings),
        store="memory://",
        processing_guarantee="at_least_once",
        autodiscover=False,
        stream_wait_empty=True,
        stream_buffer_maxsize=max(BUFFERED_EVENTS, 4 * settings.batch_max),
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=settings.heartbeat_seconds,
        broker_commit_interval=1.0,
        broker_max_poll_records=max(POLLED_EVENTS, settings.batch_max),
        producer_acks=-1,
        topic_allow_declare=False,
        topic_disable_leader=True,
        Monitor=NoMonitor,
        datadir=str(settings.state_dir / "faust"),
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.transport = prompt(app)
    topic = app.topic(ADT_EVENTS, key_serializer="raw", value_serializer="raw", value_type=bytes, allow_empty=True)
    app.agent(topic, name="bed-assignment", concurrency=1)(_agent(settings, service))
    app.on_partitions_revoked.connect(_forgetting(service), weak=False)
    app.on_partitions_assigned.connect(_vetting(service), weak=False)
    return app


def _agent(settings: Settings, service: LaneService) -> Callable[[Any], Awaitable[None]]:
    async def assign_beds(stream: Any) -> None:
        async for batch in gather(stream, settings.batch_max, settings.gather_ms / 1000):
            await asyncio.shield(service.handle(batch))  # an agent that is started anew leaves no batch half done

    return assign_beds


async def gather(stream: Any, at_most: int, seconds: float) -> AsyncIterator[list[Any]]:
    """What has piled up: one event when idle, up to `at_most`, never waiting for more than is there, nor long."""
    batch: list[Any] = []
    until = 0.0
    async for event in stream.noack().events():
        if not batch:
            until = time.monotonic() + seconds
        batch.append(event)
        more = stream.channel.queue.qsize() > 0
        if more and len(batch) < at_most and time.monotonic() < until:
            continue
        yield batch
        batch = []


def _delivery(event: Any) -> Delivery:
    message = event.message
    return Delivery(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp_ms=round(message.timestamp * 1000),
        key=message.key,
        value=message.value,
        ack=event.ack,
    )


def _forgetting(service: LaneService) -> Callable[..., Awaitable[None]]:
    async def forget(*_: Any, **__: Any) -> None:
        """A rebalance only drops the cache: the store's compare is the fence."""
        if service.lane is not None:
            service.lane.forget()

    return forget


def _vetting(service: LaneService) -> Callable[..., Awaitable[None]]:
    forget = _forgetting(service)

    async def vet(*_: Any, **__: Any) -> None:
        await forget()
        await service.vet_topic()

    return vet


def credentials(settings: Settings) -> Any:
    """Faust's form of the settings' login and TLS; None for a plain broker."""
    if settings.uses_sasl and settings.kafka_sasl_password:
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password.get_secret_value(),
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=settings.ssl_context(),
        )
    return faust.SSLCredentials(context=settings.ssl_context()) if settings.uses_tls else None
