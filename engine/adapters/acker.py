"""Acknowledges batches to Kafka in the order they were decided, each once the broker has its ledger records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from engine.adapters.ledger_topic import LedgerAway
from engine.adapters.patience import Patience
from engine.adapters.tenant import Tenant
from engine.adapters.wire import Delivery

log = logging.getLogger(__name__)

BATCHES_IN_FLIGHT = 8
SLOW_AFTER_SECONDS = 3.0  # a broker that says nothing for so long is away: aiokafka itself waits without a word


class Sent(NamedTuple):
    """Records handed to the broker for one facility, up to `version`; the future gives the offset of the last."""

    tenant: Tenant
    version: int
    acknowledged: asyncio.Future[int]


class InFlight(NamedTuple):
    """A batch that is committed and sent, with the deliveries to acknowledge."""

    sent: list[Sent]
    deliveries: list[Delivery]


class Acker:
    """First in, first out. `publish_again` is asked for facilities whose records the broker did not take."""

    def __init__(self, patience: Patience, publish_again: Callable[[list[str]], Awaitable[None]]) -> None:
        self._patience = patience
        self._publish_again = publish_again
        self._flights: asyncio.Queue[InFlight] = asyncio.Queue()
        self._unsettled = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        self._task = asyncio.create_task(self._run(), name="acker")
        return self._task

    async def stop(self, drain_seconds: float) -> None:
        """Wait for what is in flight, at most so long."""
        try:
            await asyncio.wait_for(self._flights.join(), drain_seconds)
        except TimeoutError:
            log.warning("stopped before the broker acknowledged everything: it will be delivered again")
        if self._task is not None:
            self._task.cancel()

    def put(self, flight: InFlight) -> None:
        """Without waiting, so that nothing that was sent can be left out of the order."""
        self._flights.put_nowait(flight)
        self._count(1)

    async def room(self) -> None:
        """Wait until another batch may be in flight."""
        await self._has_room.wait()

    def _count(self, by: int) -> None:
        self._unsettled += by
        (self._has_room.set if self._unsettled < BATCHES_IN_FLIGHT else self._has_room.clear)()

    async def _run(self) -> None:
        while True:
            await self._settle(await self._flights.get())
            self._flights.task_done()
            self._count(-1)

    async def _settle(self, flight: InFlight) -> None:
        """Ack the batch once the broker has everything; what it did not take is published again from the outbox."""
        try:
            for sent in flight.sent:
                offset = await self._acknowledged(sent)
                sent.tenant.confirmed, sent.tenant.ledger_offset = sent.version, offset
        except LedgerAway as error:
            log.warning("the broker did not acknowledge: %s; publishing again", error)
            facilities = [sent.tenant.census.facility_id for sent in flight.sent]
            await self._patience.keep_trying(partial(self._publish_again, facilities))
        for delivery in flight.deliveries:
            delivery.ack()

    async def _acknowledged(self, sent: Sent) -> int:
        await asyncio.wait([sent.acknowledged], timeout=SLOW_AFTER_SECONDS)
        if not sent.acknowledged.done():
            with self._patience.paused("the broker does not acknowledge"):
                await asyncio.wait([sent.acknowledged])
        return sent.acknowledged.result()
