"""The stay forecast as a distribution: monotone, conditioned, inverted, integrated, with a proper tail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.stay import KNOT_NIGHTS, SCALE, StayForecast, forecast_from_survival
from tests.scenarios.house import nights


@st.composite
def curves(draw: st.DrawFn) -> StayForecast:
    """Any falling curve, flat stretches and early ends included."""
    shares = draw(st.lists(st.floats(0, 1), min_size=len(KNOT_NIGHTS) - 1, max_size=len(KNOT_NIGHTS) - 1))
    return forecast_from_survival([1.0, *sorted(shares, reverse=True)], "test")


forecasts = curves() | st.floats(0.3, 60).map(nights)
hours = st.floats(0, 24 * 400)


@given(forecasts, hours, hours)
def test_survival_never_rises(forecast, one, other):
    low, high = sorted((one / 24, other / 24))
    assert forecast.log_survival(high) <= forecast.log_survival(low) + 1e-9


@given(forecasts, st.sampled_from(range(len(KNOT_NIGHTS))))
def test_the_curve_passes_through_its_knots(forecast, at):
    assume(forecast.survival[at] > 0)
    assert math.exp(forecast.log_survival(KNOT_NIGHTS[at])) == pytest.approx(forecast.survival[at] / SCALE, rel=1e-9)


@given(forecasts, hours, st.floats(0.001, 0.999))
def test_a_quantile_is_where_that_share_has_left(forecast, elapsed, share):
    within = forecast.quantile_hours(share, elapsed)
    assert within >= 0
    assert forecast.leaves_within(within + 1e-6, elapsed) >= share - 1e-6


@given(forecasts, hours)
def test_quantiles_rise_with_the_share(forecast, elapsed):
    found = [forecast.quantile_hours(share, elapsed) for share in (0.1, 0.5, 0.9)]
    assert found == sorted(found)


@given(forecasts, hours)
def test_the_mean_residual_stay_is_the_integral_of_the_conditional_curve(forecast, elapsed):
    mean = forecast.mean_residual_hours(elapsed)
    end = forecast.quantile_hours(1 - 1e-9, elapsed)
    knots = [knot * 24 - elapsed for knot in KNOT_NIGHTS if 0 < knot * 24 - elapsed < end]
    grid = np.unique(np.concatenate([np.linspace(0, end, 20_001), knots, np.geomspace(1e-6, max(end, 1e-5), 4_000)]))
    stayed = 1 - np.array([forecast.leaves_within(float(at), elapsed) for at in grid[::8]])
    assert np.trapezoid(stayed, grid[::8]) == pytest.approx(mean, rel=0.02, abs=0.05)


def test_a_memoryless_stay_has_the_same_residual_at_any_time():
    forecast = nights(5)
    assert forecast.mean_residual_hours(240) == pytest.approx(forecast.mean_residual_hours(0), rel=1e-3)


def test_a_stay_of_mixed_patients_grows_longer_the_longer_it_lasts():
    mixed = forecast_from_survival([0.8 * 0.6**n + 0.2 * 0.97**n for n in KNOT_NIGHTS], "test")
    assert mixed.mean_residual_hours(24 * 14) > 2 * mixed.mean_residual_hours(0)


def test_a_stay_beyond_the_last_knot_still_ends():
    forecast = nights(20)
    assert 0 < forecast.mean_residual_hours(24 * 500) < 24 * 1000
    assert forecast.leaves_within(24 * 2000, 24 * 500) > 0.99


def test_a_curve_that_ends_early_still_gives_finite_figures_after_its_end():
    early = forecast_from_survival([1.0] + [0.0] * (len(KNOT_NIGHTS) - 1), "test")
    assert math.isfinite(early.mean_residual_hours(24 * 30))
    assert early.leaves_within(24.0) > 0.99


def test_a_curve_that_rises_is_refused():
    with pytest.raises(ValueError, match="must not rise"):
        StayForecast((SCALE, 1, 2, *[0] * (len(KNOT_NIGHTS) - 3)), "test")


def test_a_curve_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="19 survival figures"):
        StayForecast((SCALE, 0), "test")


def test_rounding_never_makes_a_curve_rise():
    assert forecast_from_survival([1.0, 0.5, 0.6, *[0.1] * 16], "test").survival[2] == SCALE // 2
