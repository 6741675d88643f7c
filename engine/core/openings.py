"""Where a patient could go now: open beds by kind and company, kept current as beds change.

Rooms that look the same to a patient are the same: of each kind of bed and each company only the first needs a look.
That is what keeps a placement among thousands of beds in microseconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from enum import IntEnum
from typing import TYPE_CHECKING

from engine.core.company import Company, company_of
from engine.core.events import Needs
from engine.core.facility import Room
from engine.core.state import BedState, QueueEntry
from engine.core.tables import Table
from engine.core.terms import BedStatus

if TYPE_CHECKING:
    from engine.core.census import Census


class Shelf(IntEnum):
    """Open now, or being made ready."""

    OPEN = 0
    READYING = 1


Slot = tuple[Shelf, int, Company]
_READYING = frozenset({BedStatus.DIRTY, BedStatus.CLEANING})


class Openings:
    """Derived from beds and visits; never stored, always rebuilt from them."""

    __slots__ = ("beds_by_company", "free", "slot_of", "waiting")

    def __init__(self) -> None:
        self.beds_by_company: Table[tuple[Shelf, int], dict[Company, tuple[str, ...]]] = Table()
        self.slot_of: Table[str, Slot] = Table()
        self.free: Table[str, int] = Table()
        self.waiting: Table[str, int] = Table()

    def draft(self) -> Openings:
        draft = Openings.__new__(Openings)
        draft.beds_by_company, draft.slot_of = self.beds_by_company.layer(), self.slot_of.layer()
        draft.free, draft.waiting = self.free.layer(), self.waiting.layer()
        return draft

    def absorb(self, draft: Openings) -> None:
        for name in Openings.__slots__:
            getattr(self, name).absorb(getattr(draft, name).changes())

    def fill(self, census: Census) -> None:
        """Fill empty openings from a census that was loaded."""
        for entry in census.queue.values():
            self.joined(entry)
        if census.facility is not None:
            self.refresh(census, census.facility.spots)

    def refresh(self, census: Census, beds: Iterable[str]) -> None:
        """Something about these beds, or who lies in them, has changed: look at their rooms again."""
        spots = census.facility.spots if census.facility else {}
        rooms = {spot.room.id: spot.room for bed in beds if (spot := spots.get(bed)) is not None}
        for room in rooms.values():
            self._refresh_room(census, room)

    def _refresh_room(self, census: Census, room: Room) -> None:
        spots = census.facility.spots if census.facility else {}
        shelves = [(place.id, _shelf(census.bed(place.id))) for place in room.beds]
        company = company_of(people(census, room)) if any(shelf is not None for _, shelf in shelves) else None
        for bed, shelf in shelves:
            slot = None if shelf is None or company is None else (shelf, spots[bed].kind, company)
            if slot != self.slot_of.get(bed):
                self.forget(census, bed)
                if slot is not None:
                    self._put(census, bed, slot)

    def _put(self, census: Census, bed: str, slot: Slot) -> None:
        shelf, kind, company = slot
        row = dict(self.beds_by_company.get((shelf, kind), {}))
        beds = row.get(company, ())
        at = bisect_left(beds, bed)
        row[company] = (*beds[:at], bed, *beds[at:])
        self.beds_by_company[shelf, kind] = row
        self.slot_of[bed] = slot
        self._count_free(census, bed, shelf, 1)

    def forget(self, census: Census, bed: str) -> None:
        """Take a bed off its shelf; nothing happens when it is on none."""
        slot = self.slot_of.get(bed)
        if slot is None:
            return
        shelf, kind, company = slot
        row = dict(self.beds_by_company.get((shelf, kind), {}))
        left = tuple(one for one in row.get(company, ()) if one != bed)
        row.pop(company, None)
        if left:
            row[company] = left
        self.beds_by_company[shelf, kind] = row
        self.slot_of.remove(bed)
        self._count_free(census, bed, shelf, -1)

    def _count_free(self, census: Census, bed: str, shelf: Shelf, by: int) -> None:
        spot = census.facility.spots.get(bed) if census.facility else None
        if shelf is Shelf.OPEN and spot is not None:
            for pool in spot.pools:
                self.free[pool] = self.free.get(pool, 0) + by

    def joined(self, entry: QueueEntry) -> None:
        """Somebody started to wait."""
        for pool in entry.pools:
            self.waiting[pool] = self.waiting.get(pool, 0) + 1

    def left(self, entry: QueueEntry) -> None:
        """Somebody stopped waiting."""
        for pool in entry.pools:
            self.waiting[pool] = self.waiting.get(pool, 0) - 1


def people(census: Census, room: Room, leaving: AbstractSet[str] = frozenset()) -> list[Needs | None]:
    """Needs of everybody in the room or on the way there, but for the visits that are `leaving`."""
    states = [census.bed(place.id) for place in room.beds]
    here = [visit_id for state in states for visit_id in (*state.claims, state.reserved_for) if visit_id is not None]
    visits = [census.visits.get(visit_id) for visit_id in here if visit_id not in leaving]
    return [visit.needs for visit in visits if visit is not None]


def _shelf(state: BedState) -> Shelf | None:
    if not state.is_unspoken_for:
        return None
    if state.status is BedStatus.AVAILABLE:
        return Shelf.OPEN
    return Shelf.READYING if state.status in _READYING else None
