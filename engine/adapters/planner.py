"""The planner beside the lanes: a plan for each owned house every few minutes of lane time, and on demand.

Plain asyncio, no framework. A failed plan is counted and changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol
from zlib import crc32

from engine.adapters.planner_job import decode_plan, encode_snapshot
from engine.adapters.ports import PlannerObserver
from engine.core.census import Census

POLL_SECONDS = 0.1


class Planner(Protocol):
    """Port: snapshot in, plan message out (PlannerPool, or a fake)."""

    async def plan(self, snapshot: bytes, seed: int, deadline_seconds: float) -> bytes: ...


OwnedHouses = Callable[[], Iterable[tuple[str, Census]]]
Publish = Callable[[str, bytes], Awaitable[None]]


class PlanningService:
    """Asks `owned` for (facility, census) of the houses this worker owns now, plans those that are due, one at a time.

    Runs that fall due while another is at work become one, and are counted. `publish(facility, message bytes)`.
    """

    def __init__(
        self,
        owned: OwnedHouses,
        planner: Planner,
        publish: Publish,
        observer: PlannerObserver,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._owned, self._planner, self._publish, self._observer = owned, planner, publish, observer
        self._poll_seconds = poll_seconds
        self._due: dict[str, datetime] = {}
        self._requested: set[str] = set()
        self._wake = asyncio.Event()

    def request(self, facility: str) -> None:
        """Plan this house as soon as the planner is free, whatever is due."""
        self._requested.add(facility)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. Nothing but cancellation ends it: an exception would end the worker."""
        while True:
            try:
                await self.plan_what_is_due()
            except Exception as error:  # noqa: BLE001  # counted, never fatal; CancelledError is no Exception
                self._observer.plan_failed("", type(error).__name__)
            await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), self._poll_seconds)
        except TimeoutError:
            return
        self._wake.clear()

    async def plan_what_is_due(self) -> None:
        """One round over the houses owned now."""
        for facility, census in list(self._owned()):
            if self._takes_turn(facility, census):
                await self._plan(facility, census)

    def _takes_turn(self, facility: str, census: Census) -> bool:
        """Whether to plan now; moves the next due time past the lane time and counts the runs that are skipped."""
        now = census.lane_time
        if now is None or census.facility is None:
            return False
        every = timedelta(minutes=census.policy.planning.every_minutes)
        due = self._due.get(facility, now)
        asked = facility in self._requested
        self._requested.discard(facility)
        if now < due and not asked:
            return False
        missed = max(0, (now - due) // every)
        self._due[facility] = due + (missed + 1) * every if now >= due else due
        if missed:
            self._observer.plan_coalesced(facility, missed)
        return True

    async def _plan(self, facility: str, census: Census) -> None:
        planning = census.policy.planning
        seed = crc32(f"{facility}-{census.version}".encode())
        try:
            raw = await self._planner.plan(encode_snapshot(census), seed, planning.deadline_seconds)
            await self._publish(facility, raw)
        except Exception as error:  # noqa: BLE001  # the lane goes on without a plan
            self._observer.plan_failed(facility, type(error).__name__)
        else:
            self._observer.plan_done(decode_plan(raw))
