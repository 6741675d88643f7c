"""The house as room classes: beds of one room with the same equipment and state, and what occupants leave of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from engine.core.census import Census
from engine.core.company import Company, company_of
from engine.core.events import Needs
from engine.core.facility import Spot
from engine.core.state import BedState
from engine.core.terms import BedStatus
from engine.planning.expectation import still_here
from engine.planning.problem import Floats, Ints


class RoomState(StrEnum):
    OPEN = "open"
    READYING = "readying"
    RESERVED = "reserved"
    IN_USE = "in_use"


@dataclass(frozen=True, eq=False)
class RoomClass:
    """`beds` in order of id; `spot` is the first of them; `ready_hours` until the last of them is clean."""

    spot: Spot
    state: RoomState
    beds: tuple[str, ...]
    ready_hours: float


def room_classes(census: Census, now: datetime) -> list[RoomClass]:
    """Every bed that can be used within the window, in classes, in order of their first bed's id."""
    spots = census.facility.spots if census.facility else {}
    found: dict[tuple[str, int, RoomState], list[str]] = defaultdict(list)
    for bed, spot in spots.items():
        if (state := _state(census.bed(bed))) is not None:
            found[spot.room.id, spot.kind, state].append(bed)
    return [
        RoomClass(spots[beds[0]], state, tuple(beds), max(ready_hours(census, spots[bed], now) for bed in beds))
        for (_, _, state), beds in found.items()
    ]


def _state(bed: BedState) -> RoomState | None:
    if bed.claims:
        return RoomState.IN_USE
    if bed.held is not None or bed.status in (BedStatus.BLOCKED, BedStatus.CLOSED):
        return None
    if bed.reserved_for is not None:
        return RoomState.RESERVED
    return RoomState.OPEN if bed.status is BedStatus.AVAILABLE else RoomState.READYING


def ready_hours(census: Census, spot: Spot, now: datetime) -> float:
    """Hours until the bed can take somebody: none when clean, a whole turnaround when it has yet to be vacated."""
    bed = census.bed(spot.bed.id)
    turnaround_hours = spot.ward.turnaround_minutes / 60
    if bed.claims:
        return turnaround_hours
    if bed.status is BedStatus.AVAILABLE:
        return 0.0
    if bed.ready_at is not None:
        return max(0.0, (bed.ready_at - now).total_seconds() / 3600)
    since_hours = 0.0 if bed.status_at is None else (now - bed.status_at).total_seconds() / 3600
    return max(turnaround_hours - since_hours, 0.25 * turnaround_hours)


class Fixed:
    """Occupants and reservations that the window does not decide on: what they take, and whom a newcomer meets."""

    def __init__(self, census: Census, now: datetime, edges_hours: Floats, decided: Iterable[str]) -> None:
        self._census, self._now, self._edges = census, now, edges_hours
        self._decided = frozenset(decided)
        self._chances: dict[str, Floats] = {}

    def people(self, bed: str) -> list[str]:
        """Visits in the bed or on the way there, but for those the window decides on."""
        state = self._census.bed(bed)
        found = [*state.claims, *([state.reserved_for] if state.reserved_for else [])]
        return [visit for visit in found if visit not in self._decided]

    def chance(self, visit_id: str) -> Floats:
        """P(still there) at the start of each slot; a visit the census does not know is taken to stay."""
        if visit_id not in self._chances:
            visit = self._census.visits.get(visit_id)
            unknown = np.ones(len(self._edges) - 1)
            self._chances[visit_id] = unknown if visit is None else still_here(visit, self._now, self._edges)
        return self._chances[visit_id]

    def capacity(self, room: RoomClass) -> Ints:
        """Beds left in each slot: those expected to be taken are rounded to the nearest whole bed, half a bed up."""
        taken = np.zeros(len(self._edges) - 1)
        for bed in room.beds:
            if people := self.people(bed):
                taken += np.max([self.chance(visit) for visit in people], axis=0)
        return len(room.beds) - np.floor(taken + 0.5).astype(np.int64)

    def company(self, spot: Spot) -> list[Company]:
        """Whom a newcomer would meet in the room in each slot: the likeliest to stay, as many as are expected."""
        people = [visit for place in spot.room.beds for visit in self.people(place.id)]
        if not people:
            return [company_of(())] * (len(self._edges) - 1)
        chances = np.array([self.chance(visit) for visit in people])
        expected = np.floor(chances.sum(axis=0) + 0.5).astype(int)
        ranks = np.argsort(-chances, axis=0, kind="stable")
        return [
            company_of(self._needs(people[who]) for who in ranks[: expected[slot], slot])
            for slot in range(len(expected))
        ]

    def _needs(self, visit_id: str) -> Needs | None:
        visit = self._census.visits.get(visit_id)
        return visit.needs if visit else None
