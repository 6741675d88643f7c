"""Which stays a plan decides on: who waits, has a reservation, is scheduled, or might better lie elsewhere.

Newborns are not planned: they lie beside their mothers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.core.census import Census
from engine.core.company import company_of
from engine.core.eligibility import refusal
from engine.core.events import Needs
from engine.core.facility import Spot
from engine.core.openings import people
from engine.core.preferences import daily_cost
from engine.core.visit import Visit

MOVERS_SHARE = 1 / 3  # of the stays of a plan: the rest is for those who need a first bed
NO_SHOW_HOURS = 12.0


class StayKind(StrEnum):
    WAITING = "waiting"
    RESERVED = "reserved"
    SCHEDULED = "scheduled"
    OCCUPANT = "occupant"


@dataclass(frozen=True)
class Candidate:
    """A stay to decide on. `bed` is where it lies or is reserved; `arrives_hours` and `waited_hours` count from now."""

    visit: Visit
    needs: Needs
    kind: StayKind
    arrives_hours: float = 0.0
    waited_hours: float = 0.0
    bed: str | None = None


def candidates(census: Census, now: datetime, horizon_hours: float) -> tuple[list[Candidate], int]:
    """At most policy's stays, in order of arrival, and how many were left out for that."""
    most = census.policy.planning.stays_at_most
    movers = sorted(_occupants(census, now), key=lambda one: -_daily(census, one))
    first = [*_waiting(census, now), *_reserved(census, now)]
    scheduled = sorted(_scheduled(census, now, horizon_hours), key=lambda one: (one.arrives_hours, one.visit.id))
    movers_kept = movers[: max(int(most * MOVERS_SHARE), most - len(first) - len(scheduled))]
    everyone = [*first, *movers_kept, *scheduled]
    left_out = len(movers) - len(movers_kept) + max(0, len(everyone) - most)
    return everyone[:most], left_out


def _daily(census: Census, one: Candidate) -> float:
    spot = _spot(census, one.bed)
    return sum(daily_cost(one.needs, spot, census.policy.weights).values()) if spot else 0.0


def _spot(census: Census, bed: str | None) -> Spot | None:
    return census.facility.spots.get(bed) if census.facility and bed is not None else None


def _waiting(census: Census, now: datetime) -> Iterator[Candidate]:
    for entry in census.waiting():
        visit = census.visits.get(entry.visit)
        if visit is not None and visit.reserved_bed is None and visit.needs is not None and not visit.needs.newborn:
            waited_hours = max(0.0, (now - entry.since).total_seconds() / 3600)
            yield Candidate(visit, visit.needs, StayKind.WAITING, waited_hours=waited_hours)


def _reserved(census: Census, now: datetime) -> Iterator[Candidate]:
    """Reservations whose room holds nobody they may not share with; the others are a person's business."""
    for visit in sorted(census.visits.values(), key=lambda one: one.id):
        if visit.ended is not None or visit.needs is None or visit.needs.newborn or visit.reserved_bed is None:
            continue
        state = census.beds.get(visit.reserved_bed)
        if state is not None and state.reserved_for == visit.id and not state.claims:
            arrives_hours = 0.0 if visit.in_house else _hours_until(visit.expected_at, now)
            if _suits(census, visit, visit.reserved_bed):
                yield Candidate(visit, visit.needs, StayKind.RESERVED, arrives_hours, bed=visit.reserved_bed)


def _scheduled(census: Census, now: datetime, horizon_hours: float) -> Iterator[Candidate]:
    for visit in census.visits.values():
        expected = visit.expected_at is not None and visit.requested is None and not visit.in_house
        if not expected or visit.ended is not None or visit.reserved_bed is not None:
            continue
        if visit.needs is None or visit.needs.newborn:
            continue
        late_hours = -_hours_until(visit.expected_at, now)
        if -horizon_hours < late_hours < NO_SHOW_HOURS and visit.id not in census.queue:
            yield Candidate(visit, visit.needs, StayKind.SCHEDULED, max(0.0, -late_hours))


def _occupants(census: Census, now: datetime) -> Iterator[Candidate]:
    """Who lies off-service, above need or on equipment not needed, and may still be moved by policy."""
    planning = census.policy.planning
    for visit in census.visits.values():
        if visit.bed is None or visit.needs is None or not _is_settled(census, visit):
            continue
        since = visit.moved_at or (visit.bedded.at if visit.bedded else visit.admitted_at)
        rested = since is not None and -_hours_until(since, now) >= planning.hours_between_moves
        one = Candidate(visit, visit.needs, StayKind.OCCUPANT, bed=visit.bed)
        if (
            rested
            and visit.moves < planning.moves_per_stay
            and _daily(census, one)
            and _suits(census, visit, visit.bed)
        ):
            yield one


def _is_settled(census: Census, visit: Visit) -> bool:
    """In a bed that is theirs alone, not on leave, not about to go anywhere; newborns stay with their mothers."""
    if visit.ended is not None or visit.on_leave or visit.id in census.queue or visit.reserved_bed is not None:
        return False
    state = census.beds.get(visit.bed or "")
    alone = state is not None and state.claims == (visit.id,) and state.reserved_for is None
    return alone and visit.needs is not None and not visit.needs.newborn


def _suits(census: Census, visit: Visit, bed: str) -> bool:
    """The bed breaks no hard rule for this visit as the room is now."""
    spot = _spot(census, bed)
    if spot is None or visit.needs is None:
        return False
    return refusal(visit.needs, spot, company_of(people(census, spot.room, {visit.id}))) is None


def _hours_until(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else (at - now).total_seconds() / 3600
