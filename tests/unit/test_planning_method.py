"""The planner's method on small windows: what no solver may break, and what the exact model must find."""

from dataclasses import replace
from itertools import product
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.planning.greedy import greedy
from engine.planning.milp import Attempt, HighsSolver
from engine.planning.optimise import NoPlanError, optimise
from engine.planning.problem import ALONE, FORBIDDEN, NOWHERE, Plan, RoomProblem, check, cost_of
from engine.planning.slots import slot_edges, slot_of

SLOTS = 3


def a_window(costs, *, capacity=None, site=None, company=None, unplaced=100.0, lies_in=None, start=None, end=None):
    """Everybody everywhere for the whole window unless said otherwise."""
    cost = np.array(costs, dtype=float)
    stays, rooms = cost.shape
    return RoomProblem(
        cost=cost,
        start=np.zeros(cost.shape, np.int64) if start is None else np.array(start),
        end=np.full(cost.shape, SLOTS, np.int64) if end is None else np.array(end),
        capacity=np.ones((rooms, SLOTS), np.int64) if capacity is None else np.array(capacity),
        site=np.arange(rooms) if site is None else np.array(site),
        company=np.zeros(cost.shape, np.int64) if company is None else np.array(company),
        unplaced=np.full(stays, float(unplaced)) if np.isscalar(unplaced) else np.array(unplaced, dtype=float),
        lies_in=np.full(stays, NOWHERE) if lies_in is None else np.array(lies_in),
        edges_hours=slot_edges(12.0),
    )


def best_by_trying_everything(problem):
    options = [[NOWHERE, *problem.choices(stay).tolist()] for stay in range(problem.stays)]
    tried = (np.array(rooms, dtype=np.int64) for rooms in product(*options))
    plans = (Plan(rooms, cost_of(problem, rooms)) for rooms in tried)
    return min(plan.cost for plan in plans if not check(problem, plan))


@st.composite
def small_windows(draw):
    stays, rooms = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    numbers = lambda low, high: draw(  # noqa: E731
        st.lists(st.lists(st.integers(low, high), min_size=rooms, max_size=rooms), min_size=stays, max_size=stays)
    )
    start = np.array(numbers(0, SLOTS - 1))
    sites = draw(st.lists(st.integers(0, 1), min_size=rooms, max_size=rooms))
    kinds = draw(st.lists(st.integers(ALONE, 1), min_size=stays, max_size=stays))
    beds = draw(st.lists(st.integers(0, 2), min_size=rooms, max_size=rooms))
    return a_window(
        numbers(-1, 9),
        start=start,
        end=np.minimum(start + np.array(numbers(1, SLOTS)), SLOTS),
        capacity=[[max(0, n - 1), n, n] for n in beds],
        site=np.unique(sites, return_inverse=True)[1],
        company=[[kind] * rooms for kind in kinds],
        unplaced=draw(st.lists(st.integers(0, 12), min_size=stays, max_size=stays)),
    )


@settings(max_examples=60, deadline=None)
@given(small_windows())
def test_the_exact_model_finds_what_trying_everything_finds(problem):
    plan = optimise(problem, 5.0, seed=1)
    assert check(problem, plan) == []
    assert plan.cost == pytest.approx(best_by_trying_everything(problem))
    assert plan.bound == pytest.approx(plan.cost)


@settings(max_examples=60, deadline=None)
@given(small_windows())
def test_the_greedy_plan_always_holds_and_its_bound_is_one(problem):
    plan = greedy(problem)
    assert check(problem, plan) == []
    assert plan.bound <= best_by_trying_everything(problem) + 1e-9


def test_a_man_and_a_woman_do_not_share_a_room_though_it_has_two_beds():
    problem = a_window([[1], [1]], capacity=[[2] * SLOTS], company=[[0], [1]])
    plan = optimise(problem, 2.0, seed=1)
    assert sorted(plan.room.tolist()) == [NOWHERE, 0]


def test_an_isolated_patient_has_the_room_alone():
    problem = a_window([[1], [1]], capacity=[[2] * SLOTS], company=[[ALONE], [ALONE]])
    assert (optimise(problem, 2.0, seed=1).room != NOWHERE).sum() == 1


def test_somebody_is_moved_when_that_frees_the_only_bed_another_can_have():
    problem = a_window([[3, 4 + 1], [FORBIDDEN, FORBIDDEN]], lies_in=[0, NOWHERE], unplaced=[FORBIDDEN, 50])
    problem.cost[1, 0] = 2
    plan = optimise(problem, 2.0, seed=1)
    assert plan.room.tolist() == [1, 0]
    assert plan.solver == "pulp-highs"


def test_a_bed_serves_one_patient_after_the_other():
    problem = a_window([[1], [1]], start=[[0], [2]], end=[[2], [3]])
    assert optimise(problem, 2.0, seed=1).room.tolist() == [0, 0]


def test_nobody_is_sent_to_a_forbidden_room_in_a_full_house():
    problem = a_window([[FORBIDDEN, 2.0]], capacity=[[1] * SLOTS, [0] * SLOTS])
    plan = optimise(problem, 2.0, seed=1)
    assert plan.room.tolist() == [NOWHERE]
    assert plan.cost == 100.0


def test_a_house_that_contradicts_itself_is_refused_in_one_sentence():
    problem = a_window([[1.0], [1.0]], unplaced=FORBIDDEN, lies_in=[0, 0])
    with pytest.raises(NoPlanError, match="contradicts itself"):
        optimise(problem, 2.0, seed=1)


def test_without_time_the_greedy_plan_is_given():
    problem = a_window([[3, 5], [2, FORBIDDEN]])
    plan = optimise(problem, 0.0, seed=1)
    assert (plan.solver, plan.room.tolist()) == ("greedy", greedy(problem).room.tolist())


def test_an_empty_window_is_planned_too():
    plan = optimise(a_window(np.zeros((0, 2))), 1.0, seed=1)
    assert (plan.cost, plan.room.size) == (0.0, 0)


class BrokenSolver:
    name = "broken"

    def improve(self, problem, incumbent, seconds, seed):
        raise RuntimeError("out of memory")


class CheatingSolver:
    """Says it found something better, by putting everybody into one bed."""

    name = "cheating"

    def improve(self, problem, incumbent, seconds, seed):
        return Attempt(np.zeros(problem.stays, np.int64), 0.0, "optimal")


@pytest.mark.parametrize("solver", [BrokenSolver(), CheatingSolver()])
def test_the_incumbent_is_kept_when_a_solver_fails_or_is_wrong(solver):
    problem = a_window([[3, 5], [2, FORBIDDEN]])
    plan = optimise(problem, 2.0, seed=1, solver=solver)
    assert plan.room.tolist() == greedy(problem).room.tolist()
    assert check(problem, plan) == []


def a_hard_window(stays=150, rooms=60, seed=3):
    rng = np.random.default_rng(seed)
    problem = a_window(
        rng.integers(1, 60, (stays, rooms)) + rng.random((stays, rooms)),
        capacity=np.full((rooms, SLOTS), 2),
        company=np.repeat(rng.integers(ALONE, 2, stays)[:, None], rooms, axis=1),
        start=np.repeat(rng.integers(0, SLOTS, stays)[:, None], rooms, axis=1),
        unplaced=70,
    )
    return replace(problem, cost=np.where(rng.random((stays, rooms)) < 0.5, FORBIDDEN, problem.cost))


def test_the_deadline_is_kept_on_a_window_that_is_not_solved_in_time():
    problem, deadline_seconds = a_hard_window(), 1.5
    began = monotonic()
    plan = optimise(problem, deadline_seconds, seed=1)
    assert monotonic() - began < deadline_seconds + 1.0
    assert plan.cost <= greedy(problem).cost
    assert check(problem, plan) == []


def test_the_solver_starts_from_the_incumbent_and_says_when_it_proved_nothing():
    problem = a_hard_window()
    incumbent = greedy(problem)
    attempt = HighsSolver().improve(problem, incumbent, 0.3, seed=1)
    assert attempt.status == "feasible"
    assert attempt.room is not None
    assert cost_of(problem, attempt.room) <= incumbent.cost + 1e-6
    assert attempt.bound <= cost_of(problem, attempt.room)


def test_the_checker_finds_what_is_wrong_with_a_plan():
    problem = a_window([[1, FORBIDDEN], [1, 2]], company=[[0, 0], [1, 0]])
    assert any("may not be" in wrong for wrong in check(problem, Plan(np.array([1, 0]), 0.0)))
    assert any("has space for" in wrong for wrong in check(problem, Plan(np.array([0, 0]), 2.0)))
    assert any("may not share" in wrong for wrong in check(problem, Plan(np.array([0, 0]), 2.0)))
    assert any("it costs" in wrong for wrong in check(problem, Plan(np.array([0, 1]), 1.0)))


def test_slots_are_four_hours_for_a_day_and_then_twelve():
    edges = slot_edges(72.0)
    assert np.diff(edges).tolist() == [4.0] * 6 + [12.0] * 4
    assert [slot_of(edges, hours) for hours in (-3.0, 0.0, 3.9, 4.0, 71.9, 72.0)] == [0, 0, 0, 1, 9, 10]
