"""The whole method, in one readable function."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic

from engine.planning.greedy import greedy
from engine.planning.milp import Attempt, HighsSolver, Solver
from engine.planning.problem import TOLERANCE, Plan, RoomProblem, check, cost_of

STAYS_IN_ONE_MODEL = 150
SOLVER_SHARE = 0.85  # of what is left goes to the solver: the rest is for reading back, checking and a busy machine


class NoPlanError(ValueError):
    """No feasible plan is known: somebody who must have a place finds none. The message is one sentence."""


def optimise(problem: RoomProblem, deadline_seconds: float, seed: int, solver: Solver | None = None) -> Plan:
    """Greedy, then one exact model when the window is small enough, and the better of the two.

    Never worse than greedy; a deadline of zero returns it. Raises NoPlanError when not even greedy finds a plan.
    """
    began = monotonic()  # a stopwatch for the deadline; nothing in the plan depends on the time of day
    incumbent = greedy(problem)
    if incumbent is None:
        raise NoPlanError("somebody who must keep a bed finds none in this window: the census contradicts itself")
    left_seconds = deadline_seconds - (monotonic() - began)
    if 0 < problem.stays <= STAYS_IN_ONE_MODEL and left_seconds > 0:
        incumbent = improved(problem, incumbent, solver or HighsSolver(), left_seconds * SOLVER_SHARE, seed)
    return replace(incumbent, seconds=monotonic() - began)


def improved(problem: RoomProblem, incumbent: Plan, solver: Solver, seconds: float, seed: int) -> Plan:
    """The solver's plan if it holds and is better; the incumbent, with what was learnt of it, if not."""
    try:
        attempt = solver.improve(problem, incumbent, seconds, seed)
    except Exception as error:  # noqa: BLE001  # a solver may fail in any way: the plan must not
        return replace(incumbent, status=f"{solver.name} failed ({type(error).__name__})")
    best = _better(problem, incumbent, attempt, solver.name)
    return replace(best, bound=min(best.cost, max(incumbent.bound, attempt.bound)), status=attempt.status)


def _better(problem: RoomProblem, incumbent: Plan, attempt: Attempt, name: str) -> Plan:
    if attempt.room is None:
        return incumbent
    found = Plan(attempt.room, cost_of(problem, attempt.room), solver=name)
    if found.cost >= incumbent.cost - TOLERANCE or check(problem, found):
        return incumbent
    return found
