"""Who lies where, slot by slot, while a plan is being built."""

from __future__ import annotations

import numpy as np

from engine.planning.problem import ALONE, NOWHERE, RoomProblem

_NOBODY = -2


class Occupancy:
    """Counts beds and company of a plan in the making; `put` expects that `fits` has said yes."""

    def __init__(self, problem: RoomProblem) -> None:
        sites = int(problem.site.max(initial=-1)) + 1
        self.problem = problem
        self.room = np.full(problem.stays, NOWHERE, dtype=np.int64)
        self._left = problem.capacity.copy()
        self._company = np.full((sites, problem.slots), _NOBODY, dtype=np.int64)

    def fits(self, stay: int, room: int) -> bool:
        """A bed in every slot, and company the stay may share."""
        problem = self.problem
        slots = slice(problem.start[stay, room], problem.end[stay, room])
        if np.any(self._left[room, slots] < 1):
            return False
        mine, others = problem.company[stay, room], self._company[problem.site[room], slots]
        alike = (others == mine) & (mine != ALONE)
        return bool(np.all(alike | (others == _NOBODY)))

    def put(self, stay: int, room: int) -> None:
        problem = self.problem
        slots = slice(problem.start[stay, room], problem.end[stay, room])
        self._left[room, slots] -= 1
        self._company[problem.site[room], slots] = problem.company[stay, room]
        self.room[stay] = room
