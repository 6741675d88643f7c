"""The incumbent: everybody stays where they lie, then each arrival takes the cheapest place that is left."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.planning.occupancy import Occupancy
from engine.planning.problem import FORBIDDEN, NOWHERE, Plan, RoomProblem, cost_of, least_cost


def greedy(problem: RoomProblem, pinned: Mapping[int, int] | None = None) -> Plan | None:
    """A feasible plan with the `pinned` stays (stay → room class) where they are told to be.

    None when a pinned stay does not fit, or somebody who must have a place finds none. Ties: the lower room number.
    """
    occupancy = Occupancy(problem)
    pinned = pinned or {}
    for stay, room in pinned.items():
        if problem.cost[stay, room] <= FORBIDDEN or not occupancy.fits(stay, room):
            return None
        occupancy.put(stay, room)
    for stay in _order(problem):
        if stay not in pinned and not _place(problem, occupancy, stay):
            return None
    return Plan(occupancy.room, cost_of(problem, occupancy.room), least_cost(problem))


def _order(problem: RoomProblem) -> list[int]:
    """Who already lies somewhere keeps it; then by arrival."""
    return sorted(range(problem.stays), key=lambda stay: (problem.lies_in[stay] == NOWHERE, stay))


def _place(problem: RoomProblem, occupancy: Occupancy, stay: int) -> bool:
    """Put the stay where it lies or is cheapest; False when it must have a place and there is none."""
    own = int(problem.lies_in[stay])
    if own != NOWHERE and problem.cost[stay, own] > FORBIDDEN and occupancy.fits(stay, own):
        occupancy.put(stay, own)
        return True
    can_wait = bool(problem.unplaced[stay] > FORBIDDEN)
    choices = problem.choices(stay)
    for room in choices[np.argsort(problem.cost[stay, choices], kind="stable")].tolist():
        if can_wait and problem.cost[stay, room] > problem.unplaced[stay]:
            break
        if occupancy.fits(stay, room):
            occupancy.put(stay, room)
            return True
    return can_wait
