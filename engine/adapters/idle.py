"""Bed-time by ward and use, integrated over lane time: a replay at a thousand times the speed shows hospital idle time.

Idle is open and not occupied. Closed beds (closed surge beds too) are not open; a bed kept during leave is occupied.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from enum import StrEnum

from engine.core.census import Census
from engine.core.state import BedState
from engine.core.terms import BedStatus


class BedUse(StrEnum):
    """What a bed is doing, one word per bed at any time; `clean_empty` waits for nothing but a patient."""

    OCCUPIED = "occupied"
    CLEAN_EMPTY = "clean_empty"
    DIRTY = "dirty"
    CLEANING = "cleaning"
    BLOCKED = "blocked"
    HELD = "held"
    RESERVED = "reserved"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        return self is not BedUse.CLOSED

    @property
    def is_idle(self) -> bool:
        return self is not BedUse.CLOSED and self is not BedUse.OCCUPIED


_BY_STATUS = {
    BedStatus.DIRTY: BedUse.DIRTY,
    BedStatus.CLEANING: BedUse.CLEANING,
    BedStatus.BLOCKED: BedUse.BLOCKED,
    BedStatus.CLOSED: BedUse.CLOSED,
}


def use_of(state: BedState) -> BedUse:
    """A patient in the bed outweighs all else; then what keeps the next one out: status, hold, reservation."""
    if state.claims:
        return BedUse.OCCUPIED
    if state.status in _BY_STATUS:
        return _BY_STATUS[state.status]
    if state.held is not None:
        return BedUse.HELD
    return BedUse.RESERVED if state.reserved_for is not None else BedUse.CLEAN_EMPTY


class _Cell:
    """The beds of one ward in one use: how many, since when, and the bed-time settled before that."""

    __slots__ = ("beds", "settled", "since")

    def __init__(self, since: datetime) -> None:
        self.beds = 0
        self.since = since
        self.settled = timedelta()

    def change(self, by: int, at: datetime) -> None:
        self.settled = self.until(at)
        self.since = max(self.since, at)
        self.beds += by

    def until(self, at: datetime) -> timedelta:
        return self.settled + self.beds * max(at - self.since, timedelta())


class IdleMeter:
    """Bed-time of one facility, exact to the microsecond. A bed that changes costs O(1), one that does not nothing."""

    __slots__ = ("_cells", "_uses", "lane_time")

    def __init__(self) -> None:
        self._uses: dict[str, tuple[str, BedUse]] = {}
        self._cells: dict[tuple[str, BedUse], _Cell] = {}
        self.lane_time: datetime | None = None

    def start(self, census: Census, at: datetime) -> None:
        """Look at every bed anew (a lane was taken, a map changed). Time before `at` keeps what was integrated."""
        spots = census.facility.spots if census.facility else {}
        for bed in self._uses.keys() - spots.keys():
            ward, use = self._uses.pop(bed)
            self._cells[ward, use].change(-1, at)
        for bed, spot in spots.items():
            self._note(bed, spot.ward.id, use_of(census.bed(bed)), at)
        self.lane_time = at

    def skip_to(self, at: datetime) -> None:
        """Another worker had the lane until `at` and counted that time itself."""
        for cell in self._cells.values():
            if self.lane_time is not None:
                cell.change(0, self.lane_time)
            cell.since = max(cell.since, at)
        self.lane_time = at

    def follow(self, census: Census, beds: AbstractSet[str], at: datetime) -> None:
        """`beds` may have changed at lane time `at`; `census` has the change applied."""
        spots = census.facility.spots if census.facility else {}
        for bed in beds:
            if spot := spots.get(bed):
                self._note(bed, spot.ward.id, use_of(census.bed(bed)), at)
        self.lane_time = at

    def _note(self, bed: str, ward: str, use: BedUse, at: datetime) -> None:
        before = self._uses.get(bed)
        if before == (ward, use):
            return
        if before is not None:
            self._cells[before].change(-1, at)
        self._uses[bed] = (ward, use)
        cell = self._cells.get((ward, use))
        if cell is None:
            cell = self._cells[ward, use] = _Cell(at)
        cell.change(+1, at)

    def beds(self) -> dict[tuple[str, BedUse], int]:
        """Beds now, by ward and use."""
        return {key: cell.beds for key, cell in self._cells.copy().items()}

    def bed_time(self) -> dict[tuple[str, BedUse], timedelta]:
        """Bed-time up to the latest lane time, by ward and use; never falls."""
        at = self.lane_time
        return {key: cell.until(at) for key, cell in self._cells.copy().items()} if at else {}

    @property
    def idle_ratio_now(self) -> float:
        """Idle share of the open beds at this moment; 0 when no bed is open."""
        now = self.beds()
        return _share(
            sum(n for (_, use), n in now.items() if use.is_idle), sum(n for (_, use), n in now.items() if use.is_open)
        )

    @property
    def idle_ratio(self) -> float:
        """Idle share of the open bed-time since the start; 0 before any time has passed."""
        spent = {key: time.total_seconds() for key, time in self.bed_time().items()}
        return _share(
            sum(time for (_, use), time in spent.items() if use.is_idle),
            sum(time for (_, use), time in spent.items() if use.is_open),
        )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
