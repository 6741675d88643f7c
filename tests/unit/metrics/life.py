"""A small house that hears events through the real engine, and whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.core import events as e
from engine.core.census import Census
from engine.core.facility import BedPlace, Facility, Room, Ward
from engine.core.ledger import Arrival, Opening, Position, Record, apply_record, step
from engine.core.policy import Policy
from engine.core.stay import KNOT_NIGHTS, StayForecast, forecast_from_survival
from engine.core.suggestion import Suggestion
from engine.core.terms import BedStatus, Sex
from engine.planning.message import PlanMessage

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
HOUSE = "H1"

Watcher = Callable[[Census, Record], object]


def small_house() -> Facility:
    """Two wards of two single and one double room; the last bed of each ward is a surge bed."""
    return Facility(id=HOUSE, wards=(_ward("M", "medicine", "surgery"), _ward("S", "surgery", "medicine")))


def _ward(ward: str, service: str, related: str) -> Ward:
    rooms = [Room(id=f"{ward}{n}", beds=(BedPlace(id=f"{ward}{n}-1"),)) for n in (1, 2)]
    double = Room(id=f"{ward}3", beds=(BedPlace(id=f"{ward}3-1"), BedPlace(id=f"{ward}3-2", surge=True)))
    return Ward(id=ward, service=service, rooms=(*rooms, double), related_services=frozenset({related}))


def forecast() -> StayForecast:
    """Every second stay ends each night: two nights on average."""
    return forecast_from_survival([0.5**night for night in KNOT_NIGHTS], "coin")


class Life:
    """Hours are counted from START; every event is decided, applied and shown to the watchers."""

    def __init__(self, *watchers: Watcher) -> None:
        self.census = Census(HOUSE)
        self.records: list[Record] = []
        self.watchers = list(watchers)
        self._opening = Opening(small_house(), Policy(), "coin")

    def hears(self, event: e.Event, hours: float) -> Record:
        """One event, at lane time START + hours."""
        offset = len(self.records)
        arrival = Arrival(event, Position("topic", 0, offset), START + timedelta(hours=hours))
        record = step(self.census, arrival, {event.event_id: forecast()}, self._opening)
        apply_record(self.census, record)
        self.records.append(record)
        for watch in self.watchers:
            watch(self.census, record)
        return record

    def asks(self, visit: str, hours: float, service: str = "medicine", priority: int = 3) -> Record:
        needs = e.Needs(service=service, sex=Sex.FEMALE, age_years=50)
        return self.hears(
            e.PlacementRequested(visit=visit, needs=needs, priority=priority, **self._common(hours)), hours
        )

    def lies(self, visit: str, bed: str, hours: float) -> Record:
        return self.hears(e.PatientLocated(visit=visit, place=e.Place(bed=bed), **self._common(hours)), hours)

    def leaves(self, visit: str, hours: float) -> Record:
        return self.hears(e.VisitDischarged(visit=visit, **self._common(hours)), hours)

    def goes_on_leave(self, visit: str, hours: float) -> Record:
        return self.hears(e.LeaveStarted(visit=visit, **self._common(hours)), hours)

    def bed_is(self, bed: str, status: BedStatus, hours: float) -> Record:
        return self.hears(e.BedStatusChanged(bed=bed, status=status, **self._common(hours)), hours)

    def holds(self, bed: str, hours: float) -> Record:
        return self.hears(e.BedHeld(bed=bed, reason="tap leaks", **self._common(hours)), hours)

    def lets_go(self, bed: str, hours: float) -> Record:
        return self.hears(e.BedReleased(bed=bed, **self._common(hours)), hours)

    def passes(self, hours: float) -> Record:
        return self.hears(e.TimePassed(**self._common(hours)), hours)

    def _common(self, hours: float) -> dict[str, Any]:
        at = START + timedelta(hours=hours)
        return {"event_id": f"e{len(self.records)}", "facility": HOUSE, "at": at, "source": "test"}


def plan(*suggestions: Suggestion) -> PlanMessage:
    """A finished run with these suggestions."""
    return PlanMessage(
        plan_id="p",
        facility="H1",
        version=1,
        lane_time=START,
        horizon_hours=72.0,
        objective={},
        cost_before=10.0,
        cost_after=8.0,
        bound=7.9,
        gap_ratio=0.0125,
        solver="highs",
        status="feasible",
        seconds=0.4,
        stays_considered=12,
        suggestions=suggestions,
    )
