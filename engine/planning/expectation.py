"""Who is expected to be still in the house when: the stay forecasts, conditioned on the hours already stayed."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from engine.core.stay import KNOT_NIGHTS, StayForecast, forecast_from_survival
from engine.core.visit import Visit
from engine.planning.problem import Floats

MEAN_NIGHTS_WITHOUT_FORECAST = 5.0  # about the mean inpatient stay of New York State (SPARCS)
STAYS_ON_THOUGH_EXPECTED_TO_LEAVE = 0.25  # a discharge that somebody expects is late or off this often: assumption

_WITHOUT_FORECAST = forecast_from_survival(
    [float(np.exp(-n / MEAN_NIGHTS_WITHOUT_FORECAST)) for n in KNOT_NIGHTS], "none"
)


def forecast_of(visit: Visit) -> StayForecast:
    """The visit's own forecast, or an exponential one with the mean of all inpatients where it has none yet."""
    return visit.forecast or _WITHOUT_FORECAST


def still_here(visit: Visit, now: datetime, edges_hours: Floats, arrives_hours: float = 0.0) -> Floats:
    """P(still in the house) at the start of each slot, shape [slots], 1 until the arrival; never rising."""
    forecast, elapsed_hours = forecast_of(visit), visit.elapsed_hours(now)
    hours = np.maximum(edges_hours[:-1] - arrives_hours, 0.0)
    chance = np.array([1.0 - forecast.leaves_within(float(h), elapsed_hours) if h > 0 else 1.0 for h in hours])
    if visit.discharge_expected_at is None:
        return chance
    leaves_hours = (visit.discharge_expected_at - now).total_seconds() / 3600
    later = (edges_hours[:-1] >= leaves_hours) & (hours > 0)
    return np.where(later, np.minimum(chance, STAYS_ON_THOUGH_EXPECTED_TO_LEAVE), chance)
