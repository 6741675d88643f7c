"""One exact model of the window, in PuLP: x[stay, room], capacity at the cliques of overlapping stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pulp

from engine.planning.problem import ALONE, FORBIDDEN, NOWHERE, Ints, RoomProblem


class RoomModel:
    """min Σ cost[i, r] x[i, r] + Σ unplaced[i] u[i], subject to

    Σ_r x[i, r] + u[i] = 1                      every stay has a place or waits
    Σ_{i in slot t} x[i, r] ≤ capacity[r, t]    at each maximal clique of overlapping stays
    Σ_g y[p, t, g] ≤ 1,  x[i, r] ≤ y[p, t, g]   one company (sex) in each physical room p and slot t
    """

    def __init__(self, problem: RoomProblem) -> None:
        self.problem = problem
        self.lp = pulp.LpProblem("window", pulp.LpMinimize)
        self._value: dict[str, tuple[int, int]] = {}
        self.x = {
            (stay, room): self._binary(f"x_{stay}_{room}", stay, room)
            for stay in range(problem.stays)
            for room in problem.choices(stay).tolist()
        }
        self.u = {
            stay: self._binary(f"u_{stay}", stay, NOWHERE)
            for stay in range(problem.stays)
            if problem.unplaced[stay] > FORBIDDEN
        }
        self.y: dict[str, tuple[int, int, str]] = {}
        self._objective()
        self._everybody_once()
        self._capacity()
        self._company()

    def _binary(self, name: str, stay: int, room: int) -> pulp.LpVariable:
        self._value[name] = (stay, room)
        return self.lp.add_variable(name, cat=pulp.LpBinary)

    def _objective(self) -> None:
        places = [(var, float(self.problem.cost[key])) for key, var in self.x.items()]
        waits = [(var, float(self.problem.unplaced[stay])) for stay, var in self.u.items()]
        self.lp += pulp.LpAffineExpression([*places, *waits])

    def _everybody_once(self) -> None:
        rows: dict[int, list[pulp.LpVariable]] = defaultdict(list)
        for (stay, _), var in self.x.items():
            rows[stay].append(var)
        for stay in range(self.problem.stays):
            self.lp += _sum([*rows[stay], *([self.u[stay]] if stay in self.u else [])]) == 1

    def _capacity(self) -> None:
        for room, stays in self._candidates().items():
            for slot, clique in cliques(self.problem, room, stays):
                if len(clique) > (space := int(self.problem.capacity[room, slot])):
                    self.lp += _sum(self.x[stay, room] for stay in clique) <= space

    def _candidates(self) -> dict[int, list[int]]:
        by_room: dict[int, list[int]] = defaultdict(list)
        for stay, room in self.x:
            by_room[room].append(stay)
        return by_room

    def _company(self) -> None:
        """Only where patients who may not share could meet."""
        meeting: dict[tuple[int, int], dict[str, list[pulp.LpVariable]]] = defaultdict(lambda: defaultdict(list))
        for (stay, room), var in self.x.items():
            for site, slot, company in presence(self.problem, stay, room):
                meeting[site, slot][company].append(var)
        shared = {int(site) for site in self.problem.site if self._beds_at(int(site)) > 1}
        for (site, slot), groups in meeting.items():
            if site in shared and len(groups) > 1:
                self._one_company(site, slot, groups)

    def _beds_at(self, site: int) -> int:
        return int(self.problem.capacity[self.problem.site == site].max(axis=1, initial=0).sum())

    def _one_company(self, site: int, slot: int, groups: dict[str, list[pulp.LpVariable]]) -> None:
        markers = []
        for company, members in groups.items():
            if len(members) == 1:
                markers.append(members[0])
                continue
            marker = self.lp.add_variable(f"y_{site}_{slot}_{company}", cat=pulp.LpBinary)
            self.y[marker.name] = (site, slot, company)
            markers.append(marker)
            for member in members:
                self.lp += member <= marker
        self.lp += _sum(markers) <= 1

    def starting_at(self, room: Ints) -> list[float]:
        """Values of all variables, in the solver's order, for a plan that is known to hold."""
        placed = [(stay, where) for stay, where in enumerate(room.tolist()) if where != NOWHERE]
        present = {key for stay, where in placed for key in presence(self.problem, stay, where)}
        return [
            float(self.y[var.name] in present)
            if var.name in self.y
            else float(room[self._value[var.name][0]] == self._value[var.name][1])
            for var in self.lp.variables()
        ]

    def rooms(self) -> Ints:
        """The room of each stay in the solver's solution."""
        room = np.full(self.problem.stays, NOWHERE, dtype=np.int64)
        for (stay, where), var in self.x.items():
            if (var.value() or 0.0) > 0.5:
                room[stay] = where
        return room


def presence(problem: RoomProblem, stay: int, room: int) -> Iterator[tuple[int, int, str]]:
    """(site, slot, company) of a stay in a room; who must be alone is a company of their own."""
    company = int(problem.company[stay, room])
    name = f"alone_{stay}" if company == ALONE else str(company)
    for slot in range(int(problem.start[stay, room]), int(problem.end[stay, room])):
        yield int(problem.site[room]), slot, name


def _sum(variables: Iterable[pulp.LpVariable]) -> pulp.LpAffineExpression:
    return pulp.LpAffineExpression([(var, 1) for var in variables])


def cliques(problem: RoomProblem, room: int, stays: list[int]) -> Iterator[tuple[int, list[int]]]:
    """(slot, stays in it) for each set of overlapping stays that no other slot with as little space contains."""
    sets = [
        {stay for stay in stays if problem.start[stay, room] <= slot < problem.end[stay, room]}
        for slot in range(problem.slots)
    ]
    kept: list[tuple[int, set[int]]] = []
    for slot, inside in enumerate(sets):
        space = problem.capacity[room, slot]
        if any(inside <= other and space >= problem.capacity[room, before] for before, other in kept):
            continue
        kept = [(b, o) for b, o in kept if not (o <= inside and problem.capacity[room, b] >= space)]
        kept.append((slot, inside))
    return ((slot, sorted(inside)) for slot, inside in kept)
