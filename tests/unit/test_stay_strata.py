"""The fallback forecast: always an answer, longer for those who stay longer, and labelled where it is an assumption."""

import itertools
import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from engine.adapters.stay_strata import MODEL, StrataForecaster
from engine.core.stay import SCALE, AdmissionFacts
from engine.core.terms import AdmissionType, PatientClass
from producers.calibration import AGE_GROUPS

ROOT = Path(__file__).parents[2]
EXPORT = ROOT.parent / "shared" / "data" / "sparcs" / "western_ny_2016.csv.gz"


def days(**facts):
    (found,) = StrataForecaster().forecast([AdmissionFacts(**facts)])
    return found.mean_residual_hours() / 24


def test_there_is_a_forecast_for_every_combination_and_for_words_nobody_knows():
    ages = [*(text for text, *_ in AGE_GROUPS), None, "", "a hundred"]
    asked = [
        AdmissionFacts(age_group=age, admission_type=kind, patient_class=patient_class)
        for age, kind, patient_class in itertools.product(ages, AdmissionType, PatientClass)
    ]
    found = StrataForecaster().forecast(asked)
    assert len(found) == len(asked)
    assert all(one.survival[0] == SCALE and one.mean_residual_hours() > 0 for one in found)


def test_nobody_asked_is_nobody_answered():
    assert StrataForecaster().forecast([]) == []


def test_an_emergency_stays_longer_than_a_planned_patient_and_a_newborn_least():
    emergency, elective, newborn = (
        days(admission_type=kind) for kind in (AdmissionType.EMERGENCY, AdmissionType.ELECTIVE, AdmissionType.NEWBORN)
    )
    assert emergency > elective > newborn


def test_a_planned_patient_over_seventy_stays_longer_than_one_of_forty():
    of = {age: days(admission_type=AdmissionType.ELECTIVE, age_group=age) for age in ("30 to 49", "70 or Older")}
    assert of["70 or Older"] > of["30 to 49"]


def test_the_longer_a_stay_lasts_the_longer_it_goes_on():
    (found,) = StrataForecaster().forecast([AdmissionFacts(admission_type=AdmissionType.EMERGENCY)])
    residual = [found.mean_residual_hours(stayed * 24) / 24 for stayed in (0, 3, 7, 14)]
    assert residual == pytest.approx([5.2, 6.2, 8.6, 11.5], rel=0.25)


def test_an_unknown_type_gets_everybodys_distribution():
    unknown = days(admission_type=AdmissionType.UNKNOWN)
    assert days(admission_type=AdmissionType.ELECTIVE) < unknown < days(admission_type=AdmissionType.EMERGENCY)


@pytest.mark.parametrize("patient_class", [PatientClass.OBSERVATION, PatientClass.DAY])
def test_observation_and_day_patients_are_short_and_labelled(patient_class):
    (found,) = StrataForecaster().forecast([AdmissionFacts(patient_class=patient_class)])
    assert found.model == f"{MODEL}:{patient_class.value}"
    assert found.survival[2] < SCALE * 0.1


def test_the_table_is_what_the_script_computes():
    if not EXPORT.exists():
        pytest.skip(f"no SPARCS export at {EXPORT}")
    script = [sys.executable, str(ROOT / "benchmarks" / "strata_table.py"), str(EXPORT)]
    said = subprocess.run(script, capture_output=True, text=True, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    assert json.loads(said.stdout) == json.loads(files("engine.adapters").joinpath("stay_strata.json").read_text())
