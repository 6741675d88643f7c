"""Each soft rule on its own, against the design's figures."""

from __future__ import annotations

import pytest

from engine.core.company import EMPTY, company_of
from engine.core.facility import Spot
from engine.core.policy import Weights
from engine.core.preferences import daily_cost, opens_shared_room, unneeded_pools, wait_weight
from engine.core.reasons import CostTerm
from engine.core.terms import Level, Pressure
from tests.scenarios.house import hospital, needs, room, ward

WEIGHTS = Weights()


def spot(*rooms, **rest) -> Spot:
    return next(iter(hospital(ward("M", *(rooms or (1,)), **rest)).spots.values()))


@pytest.mark.parametrize(
    ("patient", "bed", "cost"),
    [
        (needs(), spot(), {}),
        (needs("surgery"), spot(), {CostTerm.OFF_SERVICE: 1.2}),
        (needs("surgery"), spot(related="surgery"), {CostTerm.OFF_SERVICE: 0.5}),
        (needs(), spot(level=Level.STEP_DOWN), {CostTerm.LEVEL_ABOVE_NEED: 1.0}),
        (needs(), spot(level=Level.INTENSIVE), {CostTerm.LEVEL_ABOVE_NEED: 2.0}),
        (needs("surgery", level=Level.INTENSIVE), spot(level=Level.INTENSIVE), {}),
        (needs(), spot(room("M1", pressure=Pressure.NEGATIVE)), {CostTerm.UNNEEDED_EQUIPMENT: 0.5}),
        (needs(precautions="airborne"), spot(room("M1", pressure=Pressure.NEGATIVE)), {}),
        (needs(), spot(room("M1", equipment="telemetry")), {CostTerm.UNNEEDED_EQUIPMENT: 0.25}),
        (needs(equipment="telemetry"), spot(room("M1", equipment="telemetry")), {}),
        (needs(), spot(room("M1", equipment="bariatric telemetry")), {CostTerm.UNNEEDED_EQUIPMENT: 0.75}),
    ],
)
def test_a_day_in_a_bed_costs_what_the_design_says(patient, bed, cost):
    assert daily_cost(patient, bed, WEIGHTS) == pytest.approx(cost)


@pytest.mark.parametrize(("beds", "cost"), [(1, 0.0), (2, 0.6), (4, 1.8)])
def test_opening_an_empty_shared_room_costs_by_the_beds_it_binds(beds, cost):
    assert opens_shared_room(spot(beds), EMPTY, WEIGHTS) == pytest.approx(cost)


def test_joining_somebody_opens_no_room():
    assert opens_shared_room(spot(4), company_of([needs()]), WEIGHTS) == 0.0


def test_a_shortage_price_is_paid_only_for_pools_the_patient_does_not_need():
    bed = spot(room("M1", equipment="telemetry"))
    assert unneeded_pools(needs(), bed) == ("telemetry",)
    assert unneeded_pools(needs(equipment="telemetry"), bed) == ()
    assert unneeded_pools(needs("surgery"), bed) == ("telemetry", "home:medicine")


@pytest.mark.parametrize(
    ("patient", "weight"),
    [
        (needs(level=Level.INTENSIVE), 4.0),
        (needs(level=Level.STEP_DOWN), 2.0),
        (needs(precautions="contact"), 1.5),
        (needs(), 1.0),
    ],
)
def test_an_hour_of_waiting_costs_by_level_and_isolation(patient, weight):
    assert wait_weight(patient, WEIGHTS) == weight
