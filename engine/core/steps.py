"""Decisions as they are taken: each is applied to a draft at once, so that the next one sees it."""

from __future__ import annotations

from datetime import datetime

from engine.core import decisions as d
from engine.core.census import Census
from engine.core.facility import Facility, Room, Spot

_FREES = (
    d.BedVacated,
    d.AssignmentReleased,
    d.BedStatusRecorded,
    d.HoldRecorded,
    d.MapSet,
    d.PolicySet,
    d.PricesRefreshed,  # once an hour everybody is looked at again: time alone brings dirty beds within reach
)


class Steps:
    """The draft, the decisions so far, and whether any of them may have made room for somebody who waits."""

    __slots__ = ("census", "made_room", "now", "taken", "touched_rooms")

    def __init__(self, census: Census, now: datetime) -> None:
        self.census = census
        self.now = now
        self.taken: list[d.Decision] = []
        self.made_room = False
        self.touched_rooms: dict[str, Room] = {}

    def take(self, decision: d.Decision) -> None:
        """Decide: apply to the draft and keep for the ledger."""
        self.census.apply(decision)
        self.taken.append(decision)
        if isinstance(decision, _FREES):
            self.made_room = True

    def touch(self, bed: str | None) -> None:
        """The people in this bed's room changed: reservations beside it have to be looked at again."""
        spot = self.spots.get(bed) if bed else None
        if spot is not None:
            self.touched_rooms[spot.room.id] = spot.room

    @property
    def house(self) -> Facility:
        house = self.census.facility
        assert house is not None, "a lane opens its house before it decides"
        return house

    @property
    def spots(self) -> dict[str, Spot]:
        return self.house.spots
