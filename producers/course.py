"""What happens between bed and door: theatre, imaging, step-down, new precautions, leave, the expected discharge."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from msgspec.structs import replace

from engine.core.events import (
    DischargeExpected,
    LeaveEnded,
    LeaveStarted,
    Needs,
    NeedsChanged,
    PatientLocated,
    Place,
    PlacementRequested,
)
from engine.core.terms import Equipment, Level, Precaution
from producers import calibration as figures
from producers.draws import draw_for
from producers.responder import Patient, Responder

OPERATING_SERVICES = frozenset({"surgery", "orthopaedics"})


def plan_course(house: Responder, patient: Patient, at: datetime) -> None:
    """Put the course of a stay on the house's agenda when the patient first lies in a bed."""
    rng = draw_for(house.seed, "course", patient.stay.visit)
    leaves = max(patient.stay.leaves_at, at)
    if patient.stay.then is not None:
        then = patient.stay.then
        house.later(at + _hours(then.after_hours), lambda now: _ask_for_transfer(house, patient, then.needs, now))
    if patient.stay.baby is not None and patient.stay.baby.visit not in house.patients:
        house.expect(patient.stay.baby)
    _plan_trip(house, patient, at, leaves, rng)
    _plan_changes(house, patient, at, rng)
    _plan_leave(house, patient, at, leaves, rng)
    _plan_expectation(house, patient, leaves, rng)


def _hours(hours: float) -> timedelta:
    return timedelta(seconds=round(hours * 3600))


def _plan_trip(house: Responder, patient: Patient, at: datetime, leaves: datetime, rng: random.Random) -> None:
    if patient.needs.newborn:
        return
    operated = patient.stay.needs.service in OPERATING_SERVICES
    if not operated and rng.random() >= figures.IMAGING_SHARE:
        return
    area, away = ("THEATRE", rng.uniform(2, 5)) if operated else ("IMAGING", rng.uniform(0.75, 2))
    goes = at + _hours(rng.uniform(1, 12))
    if area in house.facility.areas and goes + _hours(away + 1) < leaves:
        house.later(goes, lambda now: _go_away(house, patient, area, now + _hours(away), now))


def _go_away(house: Responder, patient: Patient, area: str, back: datetime, at: datetime) -> None:
    if patient.gone or patient.away:
        return
    patient.away = True
    house.tell(PatientLocated, at, visit=patient.stay.visit, place=Place(area=area, temporary=True))
    house.later(back, lambda now: _come_back(house, patient, now))


def _come_back(house: Responder, patient: Patient, at: datetime) -> None:
    patient.away = False
    house.tell(PatientLocated, at, visit=patient.stay.visit, place=Place(bed=patient.bed))


def _ask_for_transfer(house: Responder, patient: Patient, needs: Needs, at: datetime) -> None:
    """The bed no longer suits: ask for another; the patient stays where they are until it is found."""
    if patient.gone:
        return
    patient.needs = needs
    stay = patient.stay
    urgent = 2 if needs.precautions else 3
    house.tell(
        PlacementRequested,
        at,
        visit=stay.visit,
        needs=needs,
        priority=urgent,
        patient_class=stay.patient_class,
        admission=stay.admission,
    )


def _plan_changes(house: Responder, patient: Patient, at: datetime, rng: random.Random) -> None:
    """Precautions found after a day or two; telemetry that is no longer needed."""
    found, ends = rng.random() < figures.PRECAUTIONS_FOUND_LATER_SHARE, rng.random() < 0.5
    needs = patient.needs
    if found and not needs.precautions and not needs.newborn and needs.level is Level.ACUTE:
        house.later(at + _hours(rng.uniform(12, 48)), lambda now: _isolate(house, patient, now))
    elif ends and Equipment.TELEMETRY in needs.equipment and needs.level is Level.ACUTE:
        house.later(at + _hours(rng.uniform(24, 72)), lambda now: _take_off_telemetry(house, patient, now))


def _isolate(house: Responder, patient: Patient, at: datetime) -> None:
    if patient.gone or patient.bed is None:
        return
    needs = replace(patient.needs, precautions=frozenset({Precaution.CONTACT}))
    if house.facility.spots[patient.bed].room.capacity == 1:
        patient.needs = needs
        house.tell(NeedsChanged, at, visit=patient.stay.visit, needs=needs)
    else:
        _ask_for_transfer(house, patient, needs, at)


def _take_off_telemetry(house: Responder, patient: Patient, at: datetime) -> None:
    if patient.gone:
        return
    patient.needs = replace(patient.needs, equipment=patient.needs.equipment - {Equipment.TELEMETRY})
    house.tell(NeedsChanged, at, visit=patient.stay.visit, needs=patient.needs)


def _plan_leave(house: Responder, patient: Patient, at: datetime, leaves: datetime, rng: random.Random) -> None:
    is_long = leaves - at > timedelta(days=7)
    if patient.needs.service != "psychiatry" or not is_long or rng.random() >= figures.LEAVE_SHARE_PSYCHIATRY:
        return
    house.later(
        at + timedelta(days=4), lambda now: _start_leave(house, patient, now + _hours(rng.uniform(20, 30)), now)
    )


def _start_leave(house: Responder, patient: Patient, back: datetime, at: datetime) -> None:
    if patient.gone or patient.away:
        return
    patient.away = True
    house.tell(LeaveStarted, at, visit=patient.stay.visit, expected_return_at=back)
    house.later(back, lambda now: _end_leave(house, patient, now))


def _end_leave(house: Responder, patient: Patient, at: datetime) -> None:
    patient.away = False
    house.tell(LeaveEnded, at, visit=patient.stay.visit)


def _plan_expectation(house: Responder, patient: Patient, leaves: datetime, rng: random.Random) -> None:
    """On the ward round somebody says when the patient will leave: right within hours, on some days a day too soon."""
    if rng.random() < 0.10:
        house.later(leaves - _hours(30), lambda now: _expect(house, patient, now + _hours(6), now))
        house.later(leaves - _hours(22), lambda now: _expect(house, patient, None, now))
    said = rng.uniform(3, 7)
    house.later(leaves - _hours(said), lambda now: _expect(house, patient, leaves + _hours(rng.uniform(-2, 1)), now))


def _expect(house: Responder, patient: Patient, leaves: datetime | None, at: datetime) -> None:
    if not patient.gone:
        house.tell(DischargeExpected, at, visit=patient.stay.visit, expected_at=leaves)
