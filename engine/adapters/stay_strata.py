"""The documented fallback for stay forecasts: a distribution for each age group and type of admission.

Curves by type of admission, stretched by how long an age group stays compared to its type; without an age the type's
curve, without a type everybody's. Observation and day patients are outside SPARCS and get short curves that say so in
their label. Where the figures come from stands in stay_strata.json, and benchmarks/strata_table.py computes them again.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from importlib.resources import files

import msgspec

from engine.core.stay import KNOT_NIGHTS, AdmissionFacts, StayForecast, forecast_from_survival
from engine.core.terms import AdmissionType, PatientClass

MODEL = "strata/1"


class StrataTable(msgspec.Struct, frozen=True):
    """P(stay > n) at `knot_nights` by type, and an age group's mean stay relative to its type's."""

    source: str
    knot_nights: tuple[int, ...]
    all: tuple[float, ...]
    by_type: dict[str, tuple[float, ...]]
    age_ratio: dict[str, dict[str, float]]
    observation: tuple[float, ...]
    day: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.knot_nights != KNOT_NIGHTS:
            raise ValueError("stay_strata.json was made for other knots: run benchmarks/strata_table.py")


class StrataForecaster:
    """A StayForecaster that always has an answer: unknown categories fall back to the next larger stratum."""

    def __init__(self) -> None:
        self._table = _table()
        self._known: dict[tuple[object, ...], StayForecast] = {}

    def forecast(self, admissions: list[AdmissionFacts]) -> list[StayForecast]:
        """One forecast for each admission, in order. Never raises."""
        return [self._of(facts) for facts in admissions]

    def _of(self, facts: AdmissionFacts) -> StayForecast:
        ratio = self._table.age_ratio.get(facts.admission_type, {}).get(facts.age_group or "", 1.0)
        stratum = (facts.patient_class, facts.admission_type, ratio)
        if stratum not in self._known:
            self._known[stratum] = self._made(*stratum)
        return self._known[stratum]

    def _made(self, patient_class: PatientClass, kind: AdmissionType, ratio: float) -> StayForecast:
        if patient_class is PatientClass.OBSERVATION:
            return forecast_from_survival(list(self._table.observation), f"{MODEL}:observation")
        if patient_class is PatientClass.DAY:
            return forecast_from_survival(list(self._table.day), f"{MODEL}:day")
        return forecast_from_survival(stretched(self._table.by_type.get(kind, self._table.all), ratio), MODEL)


@cache
def _table() -> StrataTable:
    raw = files("engine.adapters").joinpath("stay_strata.json").read_bytes()
    return msgspec.json.decode(raw, type=StrataTable)


def stretched(curve: tuple[float, ...], ratio: float) -> list[float]:
    """The curve of stays that are `ratio` times as long, at the same knots."""
    return [_at(curve, n / ratio) for n in KNOT_NIGHTS]


def _at(curve: tuple[float, ...], nights: float) -> float:
    """The curve between its knots, straight; beyond the last it stays where it was."""
    right = bisect_right(KNOT_NIGHTS, nights)
    if right == len(KNOT_NIGHTS):
        return curve[-1]
    low, high = KNOT_NIGHTS[right - 1], KNOT_NIGHTS[right]
    return curve[right - 1] + (curve[right] - curve[right - 1]) * (nights - low) / (high - low)
