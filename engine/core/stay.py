"""How long a patient stays: a distribution over nights that can be conditioned on the days already stayed.

A forecast is a survival curve at fixed knots (nights), log-linear between them and geometric after the last: monotone,
with a proper tail, and small enough to travel in every ledger record.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import lru_cache
from typing import Protocol

import msgspec

from engine.core.terms import AdmissionType, PatientClass, Sex

KNOT_NIGHTS: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 28, 42, 60, 90, 120)
SCALE = 1_000_000
HOURS_PER_NIGHT = 24.0


class AdmissionFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known at admission and may inform a forecast. Race, ethnicity and discharge-time facts have no field.

    Categories are the SPARCS export's texts; None means not known.
    """

    age_group: str | None = None
    sex: Sex = Sex.OTHER_OR_UNKNOWN
    admission_type: AdmissionType = AdmissionType.UNKNOWN
    patient_class: PatientClass = PatientClass.INPATIENT
    through_ed: bool | None = None
    payer: str | None = None
    zip3: str | None = None
    facility: str | None = None
    diagnosis: str | None = None
    planned_procedure: str | None = None
    birth_weight_grams: int | None = None


class StayForecast(msgspec.Struct, frozen=True):
    """P(stay > n nights) at KNOT_NIGHTS, in millionths, falling from 1,000,000; and who made it.

    `survival[i]` belongs to `KNOT_NIGHTS[i]`; after the last knot the hazard of the last interval goes on.
    """

    survival: tuple[int, ...]
    model: str

    def __post_init__(self) -> None:
        if len(self.survival) != len(KNOT_NIGHTS) or self.survival[0] != SCALE:
            raise ValueError(f"a stay forecast needs {len(KNOT_NIGHTS)} survival figures that start at {SCALE}")
        if any(later > sooner for sooner, later in zip(self.survival, self.survival[1:], strict=False)):
            raise ValueError("the survival figures of a stay forecast must not rise")

    def log_survival(self, nights: float) -> float:
        """Natural log of P(stay > nights), for any nights ≥ 0; finite."""
        at = min(bisect_right(KNOT_NIGHTS, nights), len(KNOT_NIGHTS) - 1)
        low, high = KNOT_NIGHTS[at - 1], KNOT_NIGHTS[at]
        logs = _logs(self.survival)
        start, end = logs[at - 1], logs[at]
        if at == len(KNOT_NIGHTS) - 1 and nights > high:
            slope = min((end - start) / (high - low), _SLOWEST_TAIL)
            return end + slope * (nights - high)
        return start + (end - start) * (nights - low) / (high - low)

    def leaves_within(self, hours: float, elapsed_hours: float = 0.0) -> float:
        """P(the stay ends within the next `hours`, given `elapsed_hours` already stayed)."""
        stayed = max(0.0, elapsed_hours) / HOURS_PER_NIGHT
        return -math.expm1(self.log_survival(stayed + hours / HOURS_PER_NIGHT) - self.log_survival(stayed))

    def mean_residual_hours(self, elapsed_hours: float = 0.0) -> float:
        """Expected hours still to stay, given `elapsed_hours` already stayed (exact integral of the curve)."""
        stayed = max(0.0, elapsed_hours) / HOURS_PER_NIGHT
        base = self.log_survival(stayed)
        total, left, log_left = 0.0, stayed, base
        for knot in KNOT_NIGHTS[bisect_right(KNOT_NIGHTS, stayed) :]:
            log_right = self.log_survival(knot)
            total += _area(log_left - base, log_right - base, knot - left)
            left, log_left = float(knot), log_right
        hazard = self.log_survival(left) - self.log_survival(left + 1.0)
        return (total + math.exp(log_left - base) / hazard) * HOURS_PER_NIGHT

    def quantile_hours(self, share: float, elapsed_hours: float = 0.0) -> float:
        """Residual hours by which a `share` (0 < share < 1) of such stays has ended, given `elapsed_hours`."""
        stayed = max(0.0, elapsed_hours) / HOURS_PER_NIGHT
        target = self.log_survival(stayed) + math.log1p(-share)
        left = stayed
        for knot in KNOT_NIGHTS[bisect_right(KNOT_NIGHTS, stayed) :]:
            if self.log_survival(knot) <= target:
                return (self._crossing(left, float(knot), target) - stayed) * HOURS_PER_NIGHT
            left = float(knot)
        hazard = self.log_survival(left) - self.log_survival(left + 1.0)
        return (left + (self.log_survival(left) - target) / hazard - stayed) * HOURS_PER_NIGHT

    def _crossing(self, left: float, right: float, target: float) -> float:
        high, low = self.log_survival(left), self.log_survival(right)
        return left if high == low else left + (high - target) / (high - low) * (right - left)


_FLOOR = math.log(0.5 / SCALE)
_SLOWEST_TAIL = math.log(0.995)  # a night in the tail ends at least one stay in 200: keeps every mean finite


@lru_cache(maxsize=16_384)
def _logs(survival: tuple[int, ...]) -> tuple[float, ...]:
    """The curve's logs at the knots: every occupant's are asked for every hour."""
    return tuple(_log(millionths, nights) for millionths, nights in zip(survival, KNOT_NIGHTS, strict=True))


def _log(millionths: int, nights: int) -> float:
    """Log of a share; where the curve has reached zero it goes on falling, so that a stay beyond it still ends."""
    return math.log(millionths / SCALE) if millionths else _FLOOR + nights * _SLOWEST_TAIL


def _area(log_left: float, log_right: float, width: float) -> float:
    """Integral of an exponential that runs from exp(log_left) to exp(log_right) over `width`."""
    step = log_right - log_left
    if abs(step) < 1e-12:
        return math.exp(log_left) * width
    return math.exp(log_left) * math.expm1(step) / step * width


def forecast_from_survival(curve: list[float], model: str) -> StayForecast:
    """A forecast from P(stay > n) at KNOT_NIGHTS (any floats in [0, 1]); rounding never makes the curve rise."""
    survival: list[int] = [SCALE]
    for share in curve[1:]:
        survival.append(max(0, min(survival[-1], round(share * SCALE))))
    return StayForecast(tuple(survival), model)


class StayForecaster(Protocol):
    """Port: a batch of admissions in, one forecast each out, in order. A missing or unknown category never raises."""

    def forecast(self, admissions: list[AdmissionFacts]) -> list[StayForecast]: ...


class StayModels(Protocol):
    """Port: the model named by the log (ModelPromoted), or the documented fallback when it is missing or broken."""

    def serving(self, model: str) -> StayForecaster: ...
