"""The window as arrays that know no solver, the one objective that every method shares, and an independent checker.

A *room* here is a class of beds: same room, same equipment, same state. A stay takes one bed of one room class from the
first slot in which the class can take it; capacity and company are counted slot by slot.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.planning.slots import slot_edges

FORBIDDEN = -1.0
NOWHERE = -1
ALONE = -1
TOLERANCE = 1e-6

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RoomProblem:
    """S stays, R room classes, T slots. Costs are expected wait-hour equivalents within the window.

    `cost[S, R]` is all that placing a stay there costs (waiting, bed, shortage, move), or FORBIDDEN; `terms` splits it.
    The stay then lies there from slot `start[S, R]` until before `end[S, R]`. `capacity[R, T]` is what is left by
    occupants who are not offered a move. `site[R]` is the physical room: in one site and slot all stays have the same
    `company[S, R]`, and one that is ALONE has nobody beside it. `unplaced[S]` is the cost of no place, FORBIDDEN where
    there must be one. `lies_in[S]` is the class where a stay lies or has its reservation, else NOWHERE. Stays stand in
    order of arrival.
    """

    cost: Floats
    start: Ints
    end: Ints
    capacity: Ints
    site: Ints
    company: Ints
    unplaced: Floats
    lies_in: Ints
    edges_hours: Floats = field(default_factory=lambda: slot_edges(72.0))
    terms: dict[str, Floats] = field(default_factory=dict)

    @property
    def stays(self) -> int:
        return int(self.cost.shape[0])

    @property
    def rooms(self) -> int:
        return int(self.cost.shape[1])

    @property
    def slots(self) -> int:
        return int(self.capacity.shape[1])

    def choices(self, stay: int) -> Ints:
        """Room classes this stay may take, in order of number."""
        return np.flatnonzero(self.cost[stay] > FORBIDDEN).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Plan:
    """`room[S]` is a room class or NOWHERE; `bound` says no plan costs less; `cost` as `cost_of` counts it."""

    room: Ints
    cost: float
    bound: float = 0.0
    solver: str = "greedy"
    status: str = "feasible"
    seconds: float = 0.0

    @property
    def gap_ratio(self) -> float:
        """(cost − bound) / cost: 0 when proven best, at most 1."""
        return min(1.0, max(0.0, self.cost - self.bound) / max(self.cost, TOLERANCE))


def cost_of(problem: RoomProblem, room: Ints) -> float:
    """The objective, in wait-hour equivalents; infinite if a stay is where it may not be. `check` looks at capacity."""
    placed = room != NOWHERE
    costs = np.where(placed, problem.cost[np.arange(problem.stays), np.maximum(room, 0)], problem.unplaced)
    return float("inf") if np.any(costs <= FORBIDDEN) else float(costs.sum())


def cost_by_term(problem: RoomProblem, room: Ints) -> dict[str, float]:
    """The same objective split by term; stays without a place are the term `unplaced`."""
    placed = np.flatnonzero(room != NOWHERE)
    split = {term: float(values[placed, room[placed]].sum()) for term, values in problem.terms.items()}
    return split | {"unplaced": float(problem.unplaced[room == NOWHERE].sum())}


def least_cost(problem: RoomProblem) -> float:
    """Everybody in their cheapest place, as if alone in the house: a bound without any solver."""
    options = np.where(problem.cost > FORBIDDEN, problem.cost, np.inf)
    without = np.where(problem.unplaced > FORBIDDEN, problem.unplaced, np.inf)
    return float(np.minimum(options.min(axis=1, initial=np.inf), without).sum())


def check(problem: RoomProblem, plan: Plan) -> list[str]:
    """What is wrong with the plan, recomputed from its rooms alone, one sentence each; empty when it holds.

    Deliberately slow and plain: it shares no code with the methods it checks.
    """
    wrong: list[str] = []
    lying: dict[tuple[int, int], list[int]] = {}
    total = 0.0
    for stay, room in enumerate(plan.room.tolist()):
        cost = float(problem.unplaced[stay] if room == NOWHERE else problem.cost[stay, room])
        if cost <= FORBIDDEN:
            wrong.append(f"stay {stay} may not be in room {room}")
        total += cost
        if room != NOWHERE:
            for slot in range(int(problem.start[stay, room]), int(problem.end[stay, room])):
                lying.setdefault((room, slot), []).append(stay)
    wrong += [
        f"room {room} holds {len(stays)} in slot {slot} and has space for {problem.capacity[room, slot]}"
        for (room, slot), stays in lying.items()
        if len(stays) > problem.capacity[room, slot]
    ]
    wrong += _ill_matched(problem, lying)
    if not wrong and abs(total - plan.cost) > TOLERANCE * max(1.0, abs(total)):
        wrong.append(f"the plan says it costs {plan.cost}, and it costs {total}")
    return wrong


def _ill_matched(problem: RoomProblem, lying: dict[tuple[int, int], list[int]]) -> list[str]:
    together: dict[tuple[int, int], list[int]] = {}
    for (room, slot), stays in lying.items():
        kinds = [int(problem.company[stay, room]) for stay in stays]
        together.setdefault((int(problem.site[room]), slot), []).extend(kinds)
    return [
        f"site {site} holds patients in slot {slot} who may not share it"
        for (site, slot), kinds in together.items()
        if len(kinds) > 1 and (ALONE in kinds or len(set(kinds)) > 1)
    ]
