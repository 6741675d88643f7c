"""What a chain is worth: the house with it carried out, against the house left to itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.planning.chains import Chain
from engine.planning.greedy import greedy
from engine.planning.problem import FORBIDDEN, NOWHERE, RoomProblem, cost_of
from engine.planning.rooms import RoomState
from engine.planning.window import Window


class LeftAlone:
    """The window as the live engine would go on: nobody is moved, each arrival takes the best bed left.

    Who finds none waits at the rate at which beds come free, not to the window's end: a gain is what people would see.
    `objective` is the plan's own objective for it, to compare a plan with.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._problem = _hesitating(window)
        plan = greedy(self._problem)
        self.objective = cost_of(window.problem, plan.room) if plan is not None else float("inf")

    def gain(self, chain: Chain, after: Sequence[Chain] = ()) -> float:
        """Wait-hour equivalents won by the chain once those in `after` are carried out; −∞ when it does not fit."""
        return self._cost_after(after) - self._cost_after([*after, chain])

    def _cost_after(self, carried_out: Sequence[Chain]) -> float:
        pins = {stay: room for chain in carried_out for stay, room in chain.pins.items()}
        plan = greedy(_begun(self._window, self._problem, pins), pins)
        return plan.cost if plan is not None else float("inf")


def _hesitating(window: Window) -> RoomProblem:
    """Nobody moves; and whom the live engine left waiting beside an open bed it may leave waiting for a while yet."""
    problem = window.problem
    settled = problem.lies_in != NOWHERE
    stay, own = np.flatnonzero(settled), problem.lies_in[settled]
    cost = np.where(settled[:, None], FORBIDDEN, problem.cost)
    cost[stay, own] = problem.cost[stay, own]
    is_open = np.array([room.state is RoomState.OPEN for room in window.rooms], dtype=bool)
    left = (cost > FORBIDDEN) & (problem.start == 0) & is_open
    return replace(
        problem,
        cost=np.where(left, cost + window.hesitation[:, None], cost),
        unplaced=np.minimum(problem.unplaced, window.likely_wait),
    )


def _begun(window: Window, left_alone: RoomProblem, pins: Mapping[int, int]) -> RoomProblem:
    """The pinned stays as the plan prices them, in their new beds from now on."""
    cost, start = left_alone.cost.copy(), left_alone.start.copy()
    for stay, room in pins.items():
        cost[stay, room] = window.problem.cost[stay, room]
        start[stay, room] = 0
    return replace(left_alone, cost=cost, start=start)
