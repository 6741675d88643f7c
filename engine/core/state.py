"""The rows of the census: beds, queue, prices, and how far the lane has come. Frozen; written by decisions alone."""

from __future__ import annotations

from datetime import datetime

import msgspec

from engine.core.decisions import PoolForecast
from engine.core.facility import Facility
from engine.core.policy import Policy
from engine.core.terms import BedStatus


class BedState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One bed now. `claims` are the visits ADT has there, by time of the fact; the last one holds it.

    `status_at` is when the status last changed (hospital time); `changed` the census version of the last change at all.
    """

    status: BedStatus = BedStatus.AVAILABLE
    claims: tuple[str, ...] = ()
    reserved_for: str | None = None
    reserved_until: datetime | None = None
    ready_at: datetime | None = None
    held: str | None = None
    status_at: datetime | None = None
    after_isolation: bool = False
    changed: int = 0

    @property
    def visit(self) -> str | None:
        """Who holds the bed."""
        return self.claims[-1] if self.claims else None

    @property
    def is_unspoken_for(self) -> bool:
        return not self.claims and self.reserved_for is None and self.held is None

    @property
    def is_open(self) -> bool:
        """Ready for the next patient now."""
        return self.status is BedStatus.AVAILABLE and self.is_unspoken_for


class QueueEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who waits for a bed, and the pools they draw on."""

    visit: str
    priority: int
    since: datetime
    pools: tuple[str, ...] = ()
    deferred_until: datetime | None = None

    @property
    def order(self) -> tuple[int, datetime, str]:
        return (self.priority, self.since, self.visit)


class Prices(msgspec.Struct, frozen=True, omit_defaults=True):
    """Demand per pool: the last refreshed forecast, the arrival rates behind it, arrivals counted since."""

    pools: dict[str, PoolForecast] = {}
    arrivals_per_day: dict[str, float] = {}
    counted: dict[str, int] = {}
    refreshed_at: datetime | None = None


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the census has come: version, lane time, the last event's position, and the window of seen event ids."""

    version: int = 0
    lane_time: datetime | None = None
    topic_id: str = ""
    partition: int = -1
    offset: int = -1
    model: str = ""
    seen_first: int = 0
    seen_next: int = 0


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """An event id the lane has handled, and when (lane time)."""

    event_id: str
    lane_time: datetime


class House(msgspec.Struct, frozen=True):
    """What the house is run by: one row of a table, so that it travels and commits like everything else."""

    map: Facility | None = None
    policy: Policy | None = None
    prices: Prices | None = None
