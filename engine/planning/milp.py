"""The room model solved by PuLP with HiGHS, and the port that any exact solver fits."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Protocol

import highspy
import pulp

from engine.planning.problem import TOLERANCE, Ints, Plan, RoomProblem, cost_of
from engine.planning.room_model import RoomModel


@dataclass(frozen=True, eq=False)
class Attempt:
    """What a solver came back with: rooms (None: no solution), a lower bound, and whether it proved itself best."""

    room: Ints | None
    bound: float
    status: str


class Solver(Protocol):
    """Port: improve on an incumbent within `seconds`. May raise; the caller keeps what it has."""

    name: str

    def improve(self, problem: RoomProblem, incumbent: Plan, seconds: float, seed: int) -> Attempt: ...


class HighsSolver:
    """PuLP with HiGHS on one thread, started from the incumbent."""

    name = "pulp-highs"

    def improve(self, problem: RoomProblem, incumbent: Plan, seconds: float, seed: int) -> Attempt:
        """Solve the room model. `seconds` is for building and solving; reading back comes on top."""
        began, model = monotonic(), RoomModel(problem)
        solver = _WarmHighs(model.starting_at(incumbent.room), _left(seconds, began), seed)
        model.lp.solve(solver)
        if _is_muddled(problem, model, solver.objective):
            solver = _WarmHighs(None, _left(seconds, began), seed)
            model.lp.solve(solver)
        room = model.rooms() if model.lp.sol_status in _HAS_SOLUTION else None
        return Attempt(room, solver.bound, _STATUS.get(model.lp.sol_status, "no solution"))


# PuLP calls a time-out Optimal in `status`; only `sol_status` tells a proof from a solution.
_STATUS = {pulp.LpSolutionOptimal: "optimal", pulp.LpSolutionIntegerFeasible: "feasible"}
_HAS_SOLUTION = frozenset(_STATUS)


def _left(seconds: float, began: float) -> float:
    return max(0.05, seconds - (monotonic() - began))


def _is_muddled(problem: RoomProblem, model: RoomModel, objective: float) -> bool:
    """HiGHS 1.16 may return its start with the better objective that presolve makes of it: then solve cold."""
    return cost_of(problem, model.rooms()) > objective + TOLERANCE * max(1.0, abs(objective))


class _WarmHighs(pulp.HiGHS):  # type: ignore[misc]  # PuLP's class is untyped
    """PuLP's HiGHS ignores a starting solution and keeps no bound: both are had from the solver itself."""

    def __init__(self, start: list[float] | None, seconds: float, seed: int) -> None:
        super().__init__(msg=False, timeLimit=seconds, threads=1, gapRel=1e-6, random_seed=seed % 2**31)
        self.start = start
        self.bound = self.objective = -float("inf")

    def callSolver(self, lp: pulp.LpProblem) -> None:  # noqa: N802  # PuLP's name
        if self.start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = self.start
            lp.solverModel.setSolution(solution)
        super().callSolver(lp)
        info = lp.solverModel.getInfo()
        self.bound, self.objective = float(info.mip_dual_bound), float(info.objective_function_value)
