"""What a house lived through, in the figures a bed manager asks for. The same records always give the same figures."""

from __future__ import annotations

import math
from collections import Counter
from datetime import datetime

from engine.adapters.house_meter import HouseMeter
from engine.core.census import Census
from engine.core.decisions import (
    AnswerOutcome,
    BedAssigned,
    ConflictRecorded,
    Decision,
    PatientDeferred,
    SuggestionAnswered,
    VisitRecorded,
    VisitsForgotten,
)
from engine.core.ledger import Record
from engine.core.visit import Visit

Figure = int | float


class HouseFigures:
    """Follows one facility's ledger. No clock: all times are lane time, so a summary depends on the records alone."""

    def __init__(self) -> None:
        self.meter = HouseMeter()
        self.started_at: datetime | None = None
        self.records = 0
        self._counts: Counter[str] = Counter()
        self._wait_hours: dict[tuple[str, datetime | None], float] = {}
        self._arrived: set[str] = set()
        self._bed_of: dict[str, str] = {}

    def start(self, census: Census, at: datetime) -> None:
        """Begin with a house as it stands: whoever is in it already does not count as arrived."""
        self.meter.start(census, at)
        self.started_at = at
        for visit in census.visits.values():
            self._bed_of |= {visit.id: visit.bed} if visit.bed else {}
            if visit.requested is not None:
                self._arrived.add(visit.id)

    def follow(self, census: Census, record: Record) -> None:
        """Take one record in; `census` has it applied. A version already seen is passed over."""
        if self.meter.follow(census, record) is None:
            return
        self.records += 1
        if self.started_at is None:
            self.started_at = record.lane_time
        for decision in record.decisions:
            self._count(census, decision)

    def suggested(self, suggestions: int) -> None:
        """The planner published this many suggestions (they are not in the ledger; their answers are)."""
        self._counts["suggestions"] += suggestions

    def _count(self, census: Census, decision: Decision) -> None:
        match decision:
            case VisitRecorded(visit=visit):
                self._look_at(visit)
            case BedAssigned():
                self._assigned(census, decision)
            case PatientDeferred():
                self._counts["deferred"] += 1
            case ConflictRecorded():
                self._counts["conflicts"] += 1
            case SuggestionAnswered(outcome=outcome):
                self._counts["answered"] += 1
                self._counts["accepted"] += outcome is AnswerOutcome.APPLIED
            case VisitsForgotten(visits=visits):
                self._arrived.difference_update(visits)
            case _:
                pass

    def _look_at(self, visit: Visit) -> None:
        """A visit arrives with its first request for a bed and moves when it changes from one bed to another."""
        if visit.requested is not None and visit.id not in self._arrived:
            self._arrived.add(visit.id)
            self._counts["arrived"] += 1
        before = self._bed_of.get(visit.id)
        self._counts["moves"] += before is not None and visit.bed is not None and visit.bed != before
        if visit.bed is not None:
            self._bed_of[visit.id] = visit.bed
        elif visit.ended is not None:
            self._bed_of.pop(visit.id, None)

    def _assigned(self, census: Census, decision: BedAssigned) -> None:
        """One wait per request, its last: a bed that was taken back did not end it. A move by suggestion is no wait."""
        if decision.suggestion_id is None or decision.visit not in self._bed_of:
            visit = census.visits.get(decision.visit)
            asked = visit.requested.at if visit is not None and visit.requested is not None else None
            self._wait_hours[decision.visit, asked] = decision.waited_hours

    @property
    def lane_time(self) -> datetime | None:
        return self.meter.idle.lane_time

    def summary(self) -> dict[str, Figure]:
        """The figures so far, in the order in which they are shown. Hours and days are lane time, percentages 0–100."""
        counts, waits = self._counts, list(self._wait_hours.values())
        return {
            "days": _days(self.started_at, self.lane_time),
            "events": self.records,
            "arrived": counts["arrived"],
            "placed": len(waits),
            "waiting": self.meter.waiting,
            "mean_wait_hours": round(_mean(waits), 3),
            "p95_wait_hours": round(nearest_rank(waits, 0.95), 3),
            "idle_percent": round(100 * self.meter.idle.idle_ratio, 2),
            "off_service": len(self.meter.off_service),
            "deferred": counts["deferred"],
            "moves": counts["moves"],
            "conflicts": counts["conflicts"],
            "suggestions": counts["suggestions"],
            "answered": counts["answered"],
            "accepted": counts["accepted"],
        }


def nearest_rank(figures: list[float], share: float) -> float:
    """The smallest figure that at least `share` (0 < share ≤ 1) of them do not exceed; 0 when there is none."""
    return sorted(figures)[math.ceil(share * len(figures)) - 1] if figures else 0.0


def _mean(figures: list[float]) -> float:
    return math.fsum(figures) / len(figures) if figures else 0.0


def _days(start: datetime | None, end: datetime | None) -> float:
    return round((end - start).total_seconds() / 86400, 3) if start and end else 0.0
