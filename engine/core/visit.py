"""A visit as the census holds it, and how its facts add up whatever order they arrive in.

Facts about where a patient is are kept per visit in order of (at, event id); where they stand is a fold over them.
A late fact falls into its place and changes nothing that a later one decided; a cancellation that arrives first waits
for what it cancels.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from engine.core.events import Needs, Place
from engine.core.stay import AdmissionFacts, StayForecast
from engine.core.terms import PatientClass

FACTS_KEPT = 16


class FactKind(StrEnum):
    LOCATED = "located"
    LEAVE_STARTED = "leave_started"
    LEAVE_ENDED = "leave_ended"
    DISCHARGED = "discharged"
    ADMISSION_CANCELLED = "admission_cancelled"
    SCHEDULE_CANCELLED = "schedule_cancelled"
    TRANSFER_CANCELLED = "transfer_cancelled"
    DISCHARGE_CANCELLED = "discharge_cancelled"


class Ending(StrEnum):
    """How a visit ended; ended visits stay as tombstones for the policy's days of lane time."""

    DISCHARGED = "discharged"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """One thing ADT said of a visit's whereabouts. `cancels_at` names the fact a cancellation takes back."""

    at: datetime
    event_id: str
    kind: FactKind
    place: Place | None = None
    cancels_at: datetime | None = None

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.at, self.event_id)


class Stamp(msgspec.Struct, frozen=True, array_like=True, order=True):
    """When something was said; the event id breaks ties the same way in any order of arrival."""

    at: datetime
    event_id: str


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One stay of one patient. `bed` is the bed that ADT facts say is theirs; `reserved_bed` the one the engine gave.

    `changed` is the census version at which the visit last changed: what an accepted suggestion is checked against.
    """

    id: str
    needs: Needs | None = None
    needs_said: Stamp | None = None
    patient_class: PatientClass | None = None
    patient_class_said: Stamp | None = None
    priority: int = 3
    priority_said: Stamp | None = None
    admission: AdmissionFacts | None = None
    forecast: StayForecast | None = None
    facts: tuple[Fact, ...] = ()
    requested: Stamp | None = None
    expected_at: datetime | None = None
    scheduled: Stamp | None = None
    admitted_at: datetime | None = None
    discharge_expected_at: datetime | None = None
    discharge_said: Stamp | None = None
    place: Place | None = None
    bed: str | None = None
    bedded: Stamp | None = None
    on_leave: bool = False
    ended: Ending | None = None
    ended_at: datetime | None = None
    merged_into: str | None = None
    reserved_bed: str | None = None
    moves: int = 0
    moved_at: datetime | None = None
    changed: int = 0

    @property
    def wants_bed(self) -> bool:
        """A request newer than the last time the patient was put into a bed, or a stay in the house without one."""
        if self.ended is not None or self.needs is None or self.requested is None:
            return False
        return self.bed is None or self.bedded is None or self.requested > self.bedded

    @property
    def in_house(self) -> bool:
        return self.ended is None and (self.place is not None or self.bed is not None)

    def elapsed_hours(self, now: datetime) -> float:
        """Hours stayed so far; 0 before the stay began."""
        return max(0.0, (now - self.admitted_at).total_seconds() / 3600) if self.admitted_at else 0.0


class Standing(msgspec.Struct, frozen=True):
    """What a visit's facts add up to."""

    place: Place | None = None
    bed: str | None = None
    bedded: Stamp | None = None
    on_leave: bool = False
    ended: Ending | None = None
    ended_at: datetime | None = None


def with_fact(facts: tuple[Fact, ...], fact: Fact) -> tuple[Fact, ...]:
    """`facts` with one more, in order of (at, event id); beyond FACTS_KEPT one that matters little is forgotten."""
    known = tuple(sorted({*facts, fact}, key=lambda one: (one.at, one.event_id)))
    return known if len(known) <= FACTS_KEPT else _without_one(known)


def _without_one(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Without the oldest fact that makes no difference now: nobody loses a bed by having long been in it."""
    now = standing(facts)
    fewer = (facts[:at] + facts[at + 1 :] for at in range(len(facts)))
    return next((rest for rest in fewer if standing(rest) == now), facts[1:])


def standing(facts: tuple[Fact, ...]) -> Standing:
    """Fold the facts in order, leaving out what was cancelled."""
    cancelled = {(_CANCELS[fact.kind], fact.cancels_at) for fact in facts if fact.kind in _CANCELS}
    now = Standing()
    for fact in facts:
        if (fact.kind, fact.at) not in cancelled:
            now = _after(now, fact)
    return now


_CANCELS = {
    FactKind.TRANSFER_CANCELLED: FactKind.LOCATED,
    FactKind.DISCHARGE_CANCELLED: FactKind.DISCHARGED,
}


def _after(before: Standing, fact: Fact) -> Standing:
    match fact.kind:
        case FactKind.LEAVE_STARTED:
            return msgspec.structs.replace(before, on_leave=before.ended is None)
        case FactKind.LEAVE_ENDED:
            return msgspec.structs.replace(before, on_leave=False)
        case FactKind.DISCHARGED:
            return Standing(ended=Ending.DISCHARGED, ended_at=fact.at)
        case FactKind.ADMISSION_CANCELLED:
            return Standing(ended=Ending.CANCELLED, ended_at=fact.at)
        case FactKind.SCHEDULE_CANCELLED:
            arrived = before.place is not None or before.bed is not None
            return before if arrived else Standing(ended=Ending.CANCELLED, ended_at=fact.at)
    taken_back_late = fact.kind is FactKind.TRANSFER_CANCELLED and before.ended is not None
    if fact.place is None or taken_back_late:
        return before
    return _moved(before, fact, fact.place)


def _moved(before: Standing, fact: Fact, place: Place) -> Standing:
    if place.bed is not None:
        stays = place.bed == before.bed
        return Standing(place=place, bed=place.bed, bedded=before.bedded if stays else fact.stamp)
    keeps = place.temporary and before.bed is not None
    return Standing(place=place, bed=before.bed if keeps else None, bedded=before.bedded)
