"""The shortage price against its formula and its limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.decisions import PoolForecast
from engine.core.policy import ShortageCeilings
from engine.core.scarcity import (
    pool_forecast,
    pool_price,
    pools_needed,
    prior_arrivals_per_day,
    shortage_probability,
    stay_factor,
    updated_rate,
)
from engine.core.terms import Level, Pressure
from tests.scenarios.house import hospital, needs, room, ward

forecasts = st.builds(PoolForecast, st.floats(0, 50), st.floats(0, 50), st.floats(0.25, 100))
counts = st.integers(0, 60)


def test_the_shortage_probability_is_the_designs_formula():
    forecast = PoolForecast(arrivals=6.0, departures=4.0, variance=9.0)
    z = (6.0 + 1 + 1 - 3 - 4.0) / 3.0
    assert shortage_probability(forecast, 1, 3) == pytest.approx((1 + math.erf(z / math.sqrt(2))) / 2)


@given(forecasts, counts, counts)
def test_a_free_bed_more_never_raises_the_price_and_a_patient_waiting_never_lowers_it(forecast, waiting, free):
    price = pool_price(ShortageCeilings(), "intensive", forecast, waiting, free)
    assert 0.0 <= price <= 96.0
    assert pool_price(ShortageCeilings(), "intensive", forecast, waiting, free + 1) <= price
    assert pool_price(ShortageCeilings(), "intensive", forecast, waiting + 1, free) >= price


def test_a_pool_nobody_forecast_costs_nothing():
    assert pool_price(ShortageCeilings(), "telemetry", None, 9, 0) == 0.0


def test_every_services_home_beds_share_one_ceiling():
    assert ShortageCeilings().of("home:medicine") == ShortageCeilings().of("home:oncology") == 1.5


@pytest.mark.parametrize(("hours", "factor"), [(0, 0.0), (36, 0.5), (72, 1.0), (700, 1.0)])
def test_a_short_stay_pays_its_share_of_three_days(hours, factor):
    assert stay_factor(hours) == pytest.approx(factor)


def test_a_patient_draws_on_the_pools_of_their_needs():
    assert pools_needed(needs("surgery")) == ("home:surgery",)
    assert pools_needed(needs(level=Level.INTENSIVE, equipment="telemetry")) == ("intensive", "telemetry")
    assert pools_needed(needs(precautions="airborne")) == ("isolation", "home:medicine")
    assert pools_needed(needs(precautions="contact")) == ("home:medicine",)
    assert pools_needed(needs(level=Level.STEP_DOWN, precautions="protective")) == (
        "step_down",
        "isolation_higher_level",
    )


def test_every_pool_of_a_patients_bed_or_needs_is_one_that_beds_belong_to():
    house = hospital(
        ward("M", room("M1", pressure=Pressure.NEGATIVE, equipment="telemetry bariatric")),
        ward("I", room("I1", pressure=Pressure.NEGATIVE), level=Level.INTENSIVE, service="intensive_care"),
    )
    rates = prior_arrivals_per_day(house)
    assert set(rates) == {"intensive", "isolation", "isolation_higher_level", "telemetry", "bariatric", "home:medicine"}
    assert rates["intensive"] == pytest.approx(0.18)


def test_the_arrival_rate_moves_towards_what_was_counted_and_forgets_in_a_week():
    assert updated_rate(2.0, 2, 24.0) == pytest.approx(2.0)
    assert updated_rate(2.0, 9, 0.0) == 2.0
    assert updated_rate(0.0, 70, 24.0 * 7) == pytest.approx(10 * (1 - math.exp(-1)))


def test_departures_add_up_and_their_variance_is_that_of_independent_stays():
    forecast = pool_forecast(3.0, [0.5, 0.2])
    assert (forecast.arrivals, forecast.departures) == pytest.approx((3.0, 0.7))
    assert forecast.variance == pytest.approx(3.0 + 0.25 + 0.16)


def test_an_empty_pool_still_has_a_proper_forecast():
    assert pool_forecast(0.0, []) == PoolForecast(0.0, 0.0, 0.25)
