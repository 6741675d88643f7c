"""The lane: a batch of deliveries becomes decisions, committed once, published, acknowledged in order.

read → forecast → decide in memory → compare-and-set in the store → ledger → ack. Whatever goes wrong between, the
outcome is taken as unknown: caches are dropped, the store and the ledger are read again, the outbox is published
again, and the batch runs once more. Nothing is acknowledged before the broker has its records. See docs/delivery.md.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterable
from functools import partial
from typing import NamedTuple

from engine.adapters.acker import Acker, InFlight, Sent
from engine.adapters.batch import Batch, Reading, forecast, segments
from engine.adapters.ledger_topic import LedgerTopic, Rejection
from engine.adapters.patience import Conflict, Patience
from engine.adapters.ports import LaneObserver
from engine.adapters.store import Commit, Store
from engine.adapters.tenant import Tenant, milliseconds, take_over
from engine.adapters.wire import Delivery, Refused, read
from engine.core.ledger import Arrival, Openings
from engine.core.stay import StayModels

log = logging.getLogger(__name__)


class StateLost(RuntimeError):
    """Store and ledger together are behind what this process committed: only a start from Kafka's offsets helps."""


class Topic(NamedTuple):
    """adt.events as it lives on the broker."""

    id: str
    partitions: int


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
        self._reached: dict[str, int] = {}
        self._strangers: set[str] = set()  # asked for and not found: not worth another look at store and ledger
        self._turn = asyncio.Lock()
        self._patience = Patience(observer)
        self._acker = Acker(self._patience, self._publish_again)

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self) -> asyncio.Task[None]:
        """Begin to acknowledge. The task never ends by itself, unless the lane cannot go on: then with the reason."""
        return self._acker.start()

    async def stop(self, drain_seconds: float = 5.0) -> None:
        """Let what is in flight be acknowledged, then end."""
        await self._acker.stop(drain_seconds)

    def forget(self) -> None:
        """Drop every cached census: after a rebalance, or when an outcome is unknown. A batch in work keeps its own."""
        for facility in self._tenants:
            self._observer.dropped(facility)
        self._tenants = {}
        self._strangers = set()

    @property
    def tenants(self) -> dict[str, Tenant]:
        """The facilities held now (for the planner's snapshots)."""
        return self._tenants

    # -- one batch ---------------------------------------------------------------------------------------------------

    async def handle(self, deliveries: list[Delivery]) -> None:
        """Returns when the batch is committed and handed to the broker; waits as long as a dependency is away.

        Raises StateLost.
        """
        self._patience.partitions.update(one.partition for one in deliveries)
        with self._observer.stage("decode"):
            readings: list[Reading] = [(one, read(one, self.topic.id, self.topic.partitions)) for one in deliveries]
        for segment in segments(readings):
            self._acker.put(await self._patience.keep_trying(partial(self._attempt, segment)))
            await self._acker.room()
        self._tell_lag(deliveries)

    async def _attempt(self, readings: list[Reading]) -> InFlight:
        async with self._turn:
            try:
                return await self._commit_and_publish(readings)
            except BaseException:
                self.forget()
                raise

    async def _commit_and_publish(self, readings: list[Reading]) -> InFlight:
        tenants, readings = await self._with_tenants(readings)
        with self._observer.stage("predict"):
            forecasts = forecast(readings, self._models_of(tenants, readings), self._models)
        batch = Batch(tenants, self._openings, self._observer)
        with self._observer.stage("decide"):
            batch.decide(readings, forecasts)
        await self._reject(batch.refused)
        with self._observer.stage("commit"):
            commits = await self._commit(tenants, batch)
        with self._observer.stage("publish"):
            sent = [await self._publish(tenants[one.facility], one) for one in commits]
        return InFlight(sent, [delivery for delivery, _ in readings])

    async def _with_tenants(self, readings: list[Reading]) -> tuple[dict[str, Tenant], list[Reading]]:
        """The batch's facilities, taken over where they are not held yet; events of unknown ones are refused."""
        named = {reading.event.facility for _, reading in readings if isinstance(reading, Arrival)}
        tenants = {facility: tenant for facility, tenant in self._tenants.items() if facility in named}
        if named - tenants.keys() - self._strangers:
            await self._ledger.settled()  # what is still on its way would be missing from what is read now
        known: list[Reading] = []
        for delivery, reading in readings:
            if isinstance(reading, Arrival) and not await self._held(tenants, reading):
                sentence = f"facility {reading.event.facility!r} is not known: add its hospital.toml to BEDSTREAM_MAPS"
                known.append((delivery, Refused("unknown_facility", sentence)))
            else:
                known.append((delivery, reading))
        return tenants, known

    async def _held(self, tenants: dict[str, Tenant], arrival: Arrival) -> bool:
        facility = arrival.event.facility
        if facility in tenants:
            return True
        if facility in self._strangers and self._openings.of(arrival.event) is None:
            return False
        tenant = await self._take_over(facility)
        if tenant.census.version == 0 and self._openings.of(arrival.event) is None:
            self._strangers.add(facility)
            return False
        self._strangers.discard(facility)
        self._observer.took(tenant.census)
        self._tenants[facility] = tenants[facility] = tenant
        return True

    async def _take_over(self, facility: str) -> Tenant:
        tenant = await take_over(facility, self._store, self._ledger, self._observer)
        reached = self._reached.get(facility, 0)
        if tenant.census.version < reached:
            raise StateLost(f"the state of {facility} went back from version {reached} to {tenant.census.version}")
        return tenant

    def _models_of(self, tenants: dict[str, Tenant], readings: list[Reading]) -> dict[str, str]:
        """The stay model in force per facility; a house that is only being opened starts with the engine's own."""
        found: dict[str, str] = {}
        for _, reading in readings:
            if isinstance(reading, Arrival) and reading.event.facility not in found:
                model = tenants[reading.event.facility].census.model
                opening = self._openings.of(reading.event)
                found[reading.event.facility] = model or (opening.model if opening else "")
        return found

    async def _reject(self, refused: Iterable[tuple[Delivery, Refused]]) -> None:
        """Safe with the broker before the commit makes redeliveries of them."""
        promises: list[Awaitable[int]] = []
        for delivery, why in refused:
            self._observer.rejected(why.reason_class)
            where = (delivery.topic, delivery.partition, delivery.offset)
            log.warning("rejected an event at %s/%d@%d: %s", *where, why.sentence)
            promises.append(await self._ledger.reject(Rejection(delivery.value, delivery.key, *where, why.sentence)))
        for promise in promises:
            await promise

    async def _commit(self, tenants: dict[str, Tenant], batch: Batch) -> list[Commit]:
        names = list(batch.records)
        commits = [tenants[name].commit_of(batch.drafts[name], batch.records[name]) for name in names]
        answers = await self._store.commit(commits) if commits else []
        for commit, done in zip(commits, answers, strict=True):
            if done:
                self._reached[commit.facility] = commit.version
        if not all(answers):
            raise Conflict(", ".join(name for name, done in zip(names, answers, strict=True) if not done))
        for name in names:
            tenants[name].census.absorb(batch.drafts[name])
        return commits

    async def _publish(self, tenant: Tenant, commit: Commit) -> Sent:
        """The very bytes that lie in the outbox."""
        lane_time = tenant.census.lane_time
        assert lane_time is not None, "a census with a version has a lane time"
        at_ms = milliseconds(lane_time)
        return Sent(tenant, commit.version, await self._ledger.append(commit.facility, commit.records, at_ms))

    async def _publish_again(self, facilities: list[str]) -> None:
        """What the broker did not take, from the outboxes, before anything newer is acknowledged."""
        async with self._turn:
            self.forget()
            await self._ledger.settled()
            for facility in facilities:
                await self._take_over(facility)

    def _tell_lag(self, deliveries: list[Delivery]) -> None:
        now_ms = time.time() * 1000
        for partition, timestamp_ms in {one.partition: one.timestamp_ms for one in deliveries}.items():
            self._observer.lag(partition, max(0.0, now_ms - timestamp_ms) / 1000)
