"""What a place, a delay, or no place is expected to cost a stay within the window, term by term, in wait-hours."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import ClassVar

import numpy as np

from engine.core.census import Census
from engine.core.placement import Offer, expected_stay_hours, menu, price_of
from engine.core.preferences import wait_weight
from engine.core.scarcity import stay_factor
from engine.core.terms import Level
from engine.planning.candidates import Candidate, StayKind
from engine.planning.problem import FORBIDDEN, Floats
from engine.planning.rooms import Fixed, RoomClass, RoomState

RESERVATION_CHANGE = 1.0  # wait-hours: a changed reservation costs somebody a call, not a transfer
WAIT_WINDOW_HOURS = 24.0


class Costs:
    """Costs of one window. The rates are core's soft rules and shortage prices; only their expectation is made here."""

    TERMS: ClassVar[tuple[str, ...]] = ("wait", "bed", "later", "shortage", "move")

    def __init__(
        self, census: Census, now: datetime, edges_hours: Floats, rooms: list[RoomClass], fixed: Fixed
    ) -> None:
        self.census, self.now, self.edges = census, now, edges_hours
        self.weights = census.policy.weights
        self.slot_days = np.diff(edges_hours) / 24.0
        self._prices: dict[str, float] = {}
        self._stays: dict[str, float] = {}
        self._waits: dict[str, float] = {}
        self._departures = departures_a_day(census, rooms, fixed, edges_hours)
        self._ahead = _ahead(census)

    def offers(self, one: Candidate) -> tuple[Offer, ...]:
        """Kinds of bed that the bed rules allow this stay."""
        return menu(self.census, one.needs)

    def of_place(
        self, one: Candidate, offer: Offer, room: RoomClass, start: int, here: Floats, *, is_own: bool
    ) -> dict[str, float]:
        """By term: waiting until then, the bed per expected day, a correction after the window, shortage, the move."""
        bed_days = float((here * self.slot_days)[start:].sum())
        stay_hours = self._stay_hours(one)
        days_after = max(0.0, stay_hours / 24.0 - bed_days)
        return {
            "wait": 0.0 if is_own else self._weight(one) * self._delay_hours(one, room, start),
            "bed": offer.cost_per_day * bed_days,
            "later": min(offer.cost_per_day * days_after, float(here[-1]) * self.weights.move),
            "shortage": sum(self._price(pool) for pool in offer.pools) * stay_factor(stay_hours),
            "move": 0.0 if is_own else self._move(one),
        }

    def of_no_place(self, one: Candidate) -> float:
        """Waiting from the arrival to the end of the window; who lies in a bed must keep one."""
        if one.kind is StayKind.OCCUPANT:
            return FORBIDDEN
        return self._weight(one) * max(0.0, float(self.edges[-1]) - one.arrives_hours)

    def of_hesitation(self, one: Candidate) -> float:
        """What the live engine's deferral may still cost: it leaves nobody waiting beside an open bed otherwise."""
        entry = self.census.queue.get(one.visit.id)
        if entry is None or entry.deferred_until is None:
            return 0.0
        left_hours = max(0.0, self.census.policy.deferral.at_most_hours - one.waited_hours)
        return self._weight(one) * left_hours

    def of_likely_wait(self, one: Candidate) -> float:
        """Waiting until a bed comes free at the expected rate: what no place in the window is likely to come to."""
        return min(self.of_no_place(one), self._weight(one) * self._next_hours(one))

    def _weight(self, one: Candidate) -> float:
        return wait_weight(one.needs, self.weights)

    def _move(self, one: Candidate) -> float:
        if one.kind is StayKind.OCCUPANT:
            return self.weights.move
        return RESERVATION_CHANGE if one.kind is StayKind.RESERVED else 0.0

    def _price(self, pool: str) -> float:
        if pool not in self._prices:
            self._prices[pool] = price_of(self.census, pool)
        return self._prices[pool]

    def _delay_hours(self, one: Candidate, room: RoomClass, start: int) -> float:
        """Hours after the arrival; a bed that has yet to come free is not worse than the next of its like to do so."""
        if one.kind is StayKind.OCCUPANT:
            return 0.0
        opens_hours = max(float(self.edges[start]), room.ready_hours)
        delay_hours = max(0.0, opens_hours - one.arrives_hours)
        if start == 0 or room.state is not RoomState.IN_USE:
            return delay_hours
        return min(delay_hours, room.ready_hours + self._next_hours(one))

    def _next_hours(self, one: Candidate) -> float:
        """Hours until an eligible bed of its level comes free for this stay, in its turn, at the rate of the next 24 h.

        At least as long as it has waited already: others take beds too, and the past wait is the evidence of it.
        """
        if one.visit.id not in self._waits:
            level = one.needs.level
            alike = [offer for offer in self.offers(one) if offer.spot.ward.level is level]
            a_day = sum(self._departures.get(offer.kind, 0.0) for offer in alike)
            turn = 1 + self._ahead.get(one.visit.id, 0)
            self._waits[one.visit.id] = max(WAIT_WINDOW_HOURS * turn / max(a_day, 1e-3), one.waited_hours)
        return self._waits[one.visit.id]

    def _stay_hours(self, one: Candidate) -> float:
        if one.visit.id not in self._stays:
            self._stays[one.visit.id] = expected_stay_hours(one.visit, self.now)
        return self._stays[one.visit.id]


def departures_a_day(census: Census, rooms: list[RoomClass], fixed: Fixed, edges_hours: Floats) -> dict[int, float]:
    """Kind of bed → departures expected within 24 h."""
    a_day_on = int(np.searchsorted(edges_hours[:-1], WAIT_WINDOW_HOURS))
    found: dict[int, float] = defaultdict(float)
    for room in rooms:
        for bed in room.beds if room.state is RoomState.IN_USE else ():
            for visit in census.bed(bed).claims:
                chance = fixed.chance(visit)
                found[room.spot.kind] += float(1.0 - chance[min(a_day_on, len(chance) - 1)])
    return found


def _ahead(census: Census) -> dict[str, int]:
    """Visit → how many wait before it for the same level of care."""
    seen: Counter[Level] = Counter()
    ahead: dict[str, int] = {}
    for entry in census.waiting():
        needs = census.visits[entry.visit].needs
        if needs is not None:
            ahead[entry.visit] = seen[needs.level]
            seen[needs.level] += 1
    return ahead
