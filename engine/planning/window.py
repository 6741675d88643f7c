"""Census and forecasts → RoomProblem: who could start where and when, and what that is expected to cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from engine.core.census import Census
from engine.core.company import Company
from engine.core.eligibility import ROOM_RULES, refusal
from engine.core.events import Needs
from engine.core.facility import Spot
from engine.core.terms import SexPolicy
from engine.planning.candidates import Candidate, StayKind, candidates
from engine.planning.company_groups import company_groups, looks
from engine.planning.costs import Costs
from engine.planning.expectation import still_here
from engine.planning.problem import FORBIDDEN, NOWHERE, Floats, Ints, RoomProblem
from engine.planning.rooms import Fixed, RoomClass, RoomState, room_classes
from engine.planning.slots import slot_edges, slot_of

CHOICES_PER_STAY = 30  # the cheapest room classes of each stay: more made no plan better, and the model slower
STAYS_WHILE = 0.5  # a stay holds its bed as long as it is at least this likely to be in the house


@dataclass(frozen=True, eq=False)
class Window:
    """A problem and what its numbers stand for; `left_out` stays did not fit into the plan.

    `hesitation[S]` is what it costs that the live engine leaves a patient waiting although a bed is open;
    `likely_wait[S]` what it costs to wait for a bed at the rate at which beds are expected to come free.
    """

    census: Census
    now: datetime
    problem: RoomProblem
    candidates: tuple[Candidate, ...]
    rooms: tuple[RoomClass, ...]
    hesitation: Floats
    likely_wait: Floats
    left_out: int = 0


def window_of(census: Census) -> Window | None:
    """The next hours of this house; None when it has no map or no event has set its lane time yet."""
    now = census.lane_time
    if census.facility is None or now is None:
        return None
    horizon_hours = census.policy.planning.horizon_hours
    stays, left_out = candidates(census, now, horizon_hours)
    return _Builder(census, now, stays, slot_edges(horizon_hours)).window(left_out)


class _Builder:
    """Fills the arrays stay by stay. Occupants only leave, so what is possible in a slot stays possible after it."""

    def __init__(self, census: Census, now: datetime, stays: list[Candidate], edges_hours: Floats) -> None:
        self.census, self.now, self.stays, self.edges = census, now, stays, edges_hours
        self.rooms = room_classes(census, now)
        self.slots = len(edges_hours) - 1
        self.fixed = Fixed(census, now, edges_hours, [one.visit.id for one in stays])
        self.costs = Costs(census, now, edges_hours, self.rooms, self.fixed)
        self.capacity = np.array([self.fixed.capacity(room) for room in self.rooms], dtype=np.int64)
        self.capacity = self.capacity.reshape(len(self.rooms), self.slots)
        self._space = [self._first_space(at) for at in range(len(self.rooms))]
        self.site = self._sites()
        self.room_of_bed = {bed: at for at, room in enumerate(self.rooms) for bed in room.beds}
        self._met: dict[str, list[Company]] = {}
        self._first: dict[tuple[str, Needs], int] = {}

    def window(self, left_out: int) -> Window:
        shape = (len(self.stays), len(self.rooms))
        self.start, self.end = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.terms = {term: np.zeros(shape) for term in Costs.TERMS}
        self.cost = np.full(shape, FORBIDDEN)
        lies_in = np.array([self.room_of_bed.get(one.bed or "", NOWHERE) for one in self.stays], dtype=np.int64)
        for stay, one in enumerate(self.stays):
            self._fill(stay, one, int(lies_in[stay]))
        problem = RoomProblem(
            cost=self.cost,
            start=self.start,
            end=self.end,
            capacity=self.capacity,
            site=self.site,
            company=self._company(),
            unplaced=np.array([self.costs.of_no_place(one) for one in self.stays]),
            lies_in=lies_in,
            edges_hours=self.edges,
            terms=self.terms,
        )
        return Window(
            census=self.census,
            now=self.now,
            problem=problem,
            candidates=tuple(self.stays),
            rooms=tuple(self.rooms),
            hesitation=np.array([self.costs.of_hesitation(one) for one in self.stays]),
            likely_wait=np.array([self.costs.of_likely_wait(one) for one in self.stays]),
            left_out=left_out,
        )

    def _sites(self) -> Ints:
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(room.spot.room.id, len(numbers)) for room in self.rooms], dtype=np.int64)

    def _fill(self, stay: int, one: Candidate, own: int) -> None:
        here = still_here(one.visit, self.now, self.edges, one.arrives_hours)
        offers = {offer.kind: offer for offer in self.costs.offers(one)}
        priced: list[tuple[float, int]] = []
        for at, room in enumerate(self.rooms):
            if at != own and room.spot.kind not in offers:
                continue
            start = slot_of(self.edges, one.arrives_hours) if at == own else self._first_slot(one, at)
            if start >= self.slots or (one.kind is StayKind.OCCUPANT and start > 0):
                continue  # an occupant moves now or not at all: until a later move the old bed would look free
            terms = self.costs.of_place(one, offers[room.spot.kind], room, start, here, is_own=at == own)
            self.start[stay, at], self.end[stay, at] = start, _last_slot(here, start)
            for term, cost in terms.items():
                self.terms[term][stay, at] = cost
            priced.append((sum(terms.values()), at))
        for cost, at in _cheapest(priced, own, stay):
            self.cost[stay, at] = cost

    def _first_slot(self, one: Candidate, at: int) -> int:
        """The first slot in which the class has a clean bed and company the patient may share; `slots` if none."""
        if self._space[at] >= self.slots:
            return self.slots
        arrives = slot_of(self.edges, one.arrives_hours)
        return max(arrives, self._space[at], self._first_company(self.rooms[at], one.needs))

    def _first_space(self, at: int) -> int:
        """The first slot with a clean bed that nobody outside the plan takes; `slots` if there is none."""
        clean_hours = self.rooms[at].ready_hours if self.rooms[at].state is RoomState.READYING else 0.0
        space = np.flatnonzero(self.capacity[at] > 0)
        return max(slot_of(self.edges, clean_hours), int(space[0])) if len(space) else self.slots

    def _first_company(self, room: RoomClass, needs: Needs) -> int:
        key = (room.spot.room.id, looks(needs))
        if key not in self._first:
            met = self._met.setdefault(key[0], self.fixed.company(room.spot))
            suits = (slot for slot, company in enumerate(met) if refusal(needs, room.spot, company, ROOM_RULES) is None)
            self._first[key] = next(suits, self.slots)
        return self._first[key]

    def _company(self) -> Ints:
        samples: dict[SexPolicy, Spot] = {}
        for room in self.rooms:
            samples.setdefault(room.spot.room.sex_policy, room.spot)
        groups = company_groups([one.needs for one in self.stays], samples)
        seen = [looks(one.needs) for one in self.stays]
        rows = [[groups[room.spot.room.sex_policy, needs] for room in self.rooms] for needs in seen]
        return np.array(rows, dtype=np.int64).reshape(len(self.stays), len(self.rooms))


def _last_slot(here: Floats, start: int) -> int:
    """The slot before which the stay has probably ended; a stay takes at least one slot."""
    gone = np.flatnonzero(here[start + 1 :] < STAYS_WHILE)
    return start + 1 + int(gone[0]) if len(gone) else len(here)


def _cheapest(priced: list[tuple[float, int]], own: int, stay: int) -> list[tuple[float, int]]:
    """The stay's own place and its cheapest others; equals are taken from a different point by each stay."""
    rooms = max((at for _, at in priced), default=0) + 1
    ranked = sorted(priced, key=lambda item: (item[1] != own, round(item[0], 6), (item[1] + 7 * stay) % rooms))
    return ranked[:CHOICES_PER_STAY]
