"""The lane: a batch of deliveries becomes decisions, committed once, published, acknowledged in order.

read → forecast → decide in memory → compare-and-set in the store → ledger → ack. Whatever goes wrong between, the outcome
is taken as unknown: caches are dropped, the store and the ledger are read again, the outbox is published again, and the
batch runs once more. Nothing is acknowledged before the broker has its records.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from engine.adapters.batch import Batch, Reading, forecast, segments
from engine.adapters.ledger_topic import LedgerAway, LedgerTopic, Rejection
from engine.adapters.ports import LaneObserver
from engine.adapters.store import Store, StoreAway
from engine.adapters.tenant import Tenant, milliseconds, take_over
from engine.adapters.wire import Delivery, Refused, read
from engine.core.codec import encode_record
from engine.core.events import Event
from engine.core.ledger import Arrival, LedgerGap, Openings, Record
from engine.core.stay import StayModels

log = logging.getLogger(__name__)

BATCHES_IN_FLIGHT = 8

T = TypeVar("T")


class Conflict(RuntimeError):
    """The store is not where this worker thought: somebody else has written, or an earlier commit went through."""


class Topic(NamedTuple):
    """adt.events as it lives on the broker."""

    id: str
    partitions: int


class _Sent(NamedTuple):
    """Records handed to the broker for one facility, not yet acknowledged by it."""

    tenant: Tenant
    version: int
    acknowledged: Awaitable[int]


class _InFlight(NamedTuple):
    sent: list[_Sent]
    deliveries: list[Delivery]


class Lane:
    """Every facility this worker owns. One `handle` at a time; acknowledgements follow behind, first in, first out."""

    def __init__(
        self,
        store: Store,
        ledger: LedgerTopic,
        models: StayModels,
        openings: Openings,
        observer: LaneObserver,
        topic: Topic,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._models = models
        self._openings = openings
        self._observer = observer
        self.topic = topic
        self._tenants: dict[str, Tenant] = {}
        self._turn = asyncio.Lock()
        self._in_flight: asyncio.Queue[_InFlight] = asyncio.Queue(BATCHES_IN_FLIGHT)
        self._acker: asyncio.Task[None] | None = None
        self._held_since: float | None = None
        self._partitions: set[int] = set()

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._acker = asyncio.create_task(self._acknowledge(), name="acker")

    async def stop(self, drain_seconds: float = 5.0) -> None:
        """Let what is in flight be acknowledged, then end."""
        try:
            await asyncio.wait_for(self._in_flight.join(), drain_seconds)
        except TimeoutError:
            log.warning("stopped before the broker acknowledged everything: it will be delivered again")
        if self._acker is not None:
            self._acker.cancel()

    def forget(self) -> None:
        """Drop every cached census: after a rebalance, or when an outcome is unknown."""
        for facility in self._tenants:
            self._observer.dropped(facility)
        self._tenants = {}

    @property
    def tenants(self) -> dict[str, Tenant]:
        """The facilities held now (for the planner's snapshots)."""
        return self._tenants

    # -- one batch ---------------------------------------------------------------------------------------------------

    async def handle(self, deliveries: list[Delivery]) -> None:
        """Returns when the batch is committed and handed to the broker; waits as long as a dependency is away."""
        self._partitions.update(one.partition for one in deliveries)
        with self._observer.stage("decode"):
            readings: list[Reading] = [(one, read(one, self.topic.id, self.topic.partitions)) for one in deliveries]
        for segment in segments(readings):
            await self._patiently(self._attempt, segment)

    async def _attempt(self, readings: list[Reading]) -> None:
        async with self._turn:
            try:
                flight = await self._commit_and_publish(readings)
            except BaseException:
                self.forget()
                raise
        await self._in_flight.put(flight)

    async def _commit_and_publish(self, readings: list[Reading]) -> _InFlight:
        readings = await self._with_tenants(readings)
        with self._observer.stage("predict"):
            forecasts = forecast(readings, self._models_of(readings), self._models)
        batch = Batch(self._tenants, self._openings, self._observer)
        with self._observer.stage("decide"):
            batch.decide(readings, forecasts)
        for delivery, why in batch.refused:  # safe with the broker before the commit makes them redeliveries
            await (await self._reject(delivery, why))
        with self._observer.stage("commit"):
            await self._commit(batch)
        with self._observer.stage("publish"):
            sent = [await self._publish(name, records) for name, records in batch.records.items()]
        return _InFlight(sent, [delivery for delivery, _ in readings])

    async def _with_tenants(self, readings: list[Reading]) -> list[Reading]:
        """Take over the facilities of the batch that are not held yet; events of unknown ones are refused."""
        known: list[Reading] = []
        for delivery, reading in readings:
            if isinstance(reading, Arrival) and not await self._held(reading.event):
                sentence = f"facility {reading.event.facility!r} is not known: add its hospital.toml to BEDSTREAM_MAPS"
                known.append((delivery, Refused("unknown_facility", sentence)))
            else:
                known.append((delivery, reading))
        return known

    async def _held(self, event: Event) -> bool:
        facility = event.facility
        if facility in self._tenants:
            return True
        tenant = await take_over(facility, self._store, self._ledger, self._observer)
        if tenant.census.version == 0 and self._openings.of(event) is None:
            return False
        self._tenants[facility] = tenant
        return True

    def _models_of(self, readings: list[Reading]) -> dict[str, str]:
        """The stay model in force per facility; a house that is only being opened starts with the engine's own."""
        found: dict[str, str] = {}
        for _, reading in readings:
            if isinstance(reading, Arrival) and reading.event.facility not in found:
                model = self._tenants[reading.event.facility].census.model
                opening = self._openings.of(reading.event)
                found[reading.event.facility] = model or (opening.model if opening else "")
        return found

    async def _commit(self, batch: Batch) -> None:
        names = list(batch.records)
        commits = [self._tenants[name].commit_of(batch.drafts[name], batch.records[name]) for name in names]
        answers = await self._store.commit(commits) if commits else []
        if not all(answers):
            raise Conflict(", ".join(name for name, done in zip(names, answers, strict=True) if not done))
        for name in names:
            self._tenants[name].census.absorb(batch.drafts[name])

    async def _publish(self, facility: str, records: list[Record]) -> _Sent:
        raw = [encode_record(record) for record in records]
        lane_time = milliseconds(records[-1].lane_time)
        acknowledged = await self._ledger.append(facility, raw, lane_time)
        return _Sent(self._tenants[facility], records[-1].version, acknowledged)

    async def _reject(self, delivery: Delivery, why: Refused) -> Awaitable[int]:
        self._observer.rejected(why.reason_class)
        where = (delivery.topic, delivery.partition, delivery.offset)
        log.warning("rejected an event at %s/%d@%d: %s", *where, why.sentence)
        return await self._ledger.reject(Rejection(delivery.value, delivery.key, *where, why.sentence))

    # -- acknowledgement ---------------------------------------------------------------------------------------------

    async def _acknowledge(self) -> None:
        while True:
            flight = await self._in_flight.get()
            try:
                await self._settle(flight)
            finally:
                self._in_flight.task_done()

    async def _settle(self, flight: _InFlight) -> None:
        """Ack the batch once the broker has everything; what it did not take is published again from the outbox."""
        try:
            for sent in flight.sent:
                offset = await sent.acknowledged
                sent.tenant.confirmed, sent.tenant.ledger_offset = sent.version, offset
        except LedgerAway as error:
            log.warning("the broker did not acknowledge: %s; publishing again", error)
            await self._patiently(self._publish_again, flight)
        for delivery in flight.deliveries:
            delivery.ack()

    async def _publish_again(self, flight: _InFlight) -> None:
        async with self._turn:
            self.forget()
            for sent in flight.sent:
                await take_over(sent.tenant.census.facility_id, self._store, self._ledger, self._observer)

    # -- patience ----------------------------------------------------------------------------------------------------

    async def _patiently(self, work: Callable[[T], Awaitable[None]], subject: T) -> None:
        """Try until the dependency is back. What is tried leaves nothing half done, or is fenced by the store."""
        retry_on = retry_if_exception_type((StoreAway, LedgerAway, Conflict, LedgerGap))
        waiting = wait_exponential(multiplier=0.05, max=2.0)
        async for attempt in AsyncRetrying(retry=retry_on, wait=waiting, before_sleep=self._hold, reraise=True):
            with attempt:
                await work(subject)
        if self._held_since is not None:
            log.info("the lane goes on after %.1f s", time.monotonic() - self._held_since)
            self._held_since = None
            self._tell_paused(is_paused=False)

    def _hold(self, state: RetryCallState) -> None:
        """Tell once that the lane is paused; conflicts are part of the day and are only counted."""
        error = state.outcome.exception() if state.outcome else None
        self._observer.conflict()
        if self._held_since is None and not isinstance(error, Conflict):
            self._held_since = time.monotonic()
            log.warning("the lane is paused: %s", error)
            self._tell_paused(is_paused=True)

    def _tell_paused(self, *, is_paused: bool) -> None:
        for partition in self._partitions:
            self._observer.paused(partition, is_paused)
