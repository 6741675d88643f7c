"""One planner run as it is published: figures of the plan, and the suggestions that follow from it."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

import msgspec

from engine.core.census import Census
from engine.core.suggestion import Suggestion
from engine.planning.gains import LeftAlone
from engine.planning.milp import Solver
from engine.planning.optimise import optimise
from engine.planning.problem import cost_by_term
from engine.planning.suggestions import suggestions
from engine.planning.window import window_of


class PlanMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plan for one house; costs in wait-hour equivalents, `cost_before` of the house left alone.

    `stays_left_out` did not fit into the plan (policy's `stays_at_most`): the window was cut by arrival.
    """

    plan_id: str
    facility: str
    version: int
    lane_time: datetime
    horizon_hours: float
    objective: dict[str, float]
    cost_before: float
    cost_after: float
    bound: float
    gap_ratio: float
    solver: str
    status: str
    seconds: float
    stays_considered: int
    stays_left_out: int = 0
    suggestions: tuple[Suggestion, ...] = ()


class NothingToPlanError(ValueError):
    """The house has no map yet, or nothing has happened in it; one sentence."""


def plan_house(census: Census, deadline_seconds: float, seed: int, solver: Solver | None = None) -> PlanMessage:
    """Window → plan → suggestions. Raises NothingToPlanError, or NoPlanError when the census contradicts itself."""
    began = monotonic()
    window = window_of(census)
    if window is None:
        raise NothingToPlanError("the house has no map or no lane time yet: plan again after its first event")
    plan = optimise(window.problem, deadline_seconds - (monotonic() - began), seed, solver)
    left_alone = LeftAlone(window)
    plan_id = f"{census.facility_id}-{census.version}"
    return PlanMessage(
        plan_id=plan_id,
        facility=census.facility_id,
        version=census.version,
        lane_time=window.now,
        horizon_hours=census.policy.planning.horizon_hours,
        objective={term: round(cost, 3) for term, cost in cost_by_term(window.problem, plan.room).items()},
        cost_before=round(left_alone.objective, 3),
        cost_after=round(plan.cost, 3),
        bound=round(plan.bound, 3),
        gap_ratio=round(plan.gap_ratio, 6),
        solver=plan.solver,
        status=plan.status,
        seconds=round(monotonic() - began, 3),
        stays_considered=window.problem.stays,
        stays_left_out=window.left_out,
        suggestions=suggestions(window, plan, plan_id, left_alone),
    )
