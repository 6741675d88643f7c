"""How many patients a day each service of a house gets, so that its beds are about as full as `load` says."""

from __future__ import annotations

from collections import Counter, defaultdict

import msgspec

from engine.core.facility import Facility, Ward
from engine.core.services import SERVICES, Service
from engine.core.sizing import REFUSED_SHARE, refused_share
from engine.core.terms import BedKind, Level
from producers.calibration import STAY_AFTER_HIGHER_LEVEL

NEWBORN, MATERNITY = "newborn", "maternity"


class Inflow(msgspec.Struct, frozen=True):
    """Patients of one service: how many come a day, and the mean number there (with those who came down to it)."""

    service: Service
    per_day: float
    mean_patients: float


def inflows(facility: Facility, load: float) -> list[Inflow]:
    """Arrivals a day by service, mothers without their babies, who come by birth.

    Acute services share their beds in need, so `load` of them is filled. A ward that nobody else can stand in for
    (higher levels, exclusive wards) is filled at most so far that Erlang's formula would refuse one patient in twenty.
    """
    beds = beds_by_service(facility)
    services = {name: service_of(name, facility) for name in beds}
    higher_first = sorted(services.values(), key=lambda one: (-one.level, one.name))
    coming_down: defaultdict[str, float] = defaultdict(float)
    found = []
    for service in higher_first:
        patients = _patients(service, beds[service.name], load)
        per_day = max(0.0, patients - coming_down[service.name]) / service.mean_stay_days
        onward = services.get(service.goes_on_to or "")
        if onward is not None:
            coming_down[onward.name] += per_day * onward.mean_stay_days * STAY_AFTER_HIGHER_LEVEL
        found.append(Inflow(service, per_day, patients))
    return found


def _patients(service: Service, beds: int, load: float) -> float:
    """Mean number of patients in `beds` beds."""
    wanted = load * beds
    if service.level is Level.ACUTE and service.specialty is None:
        return wanted
    while wanted > 0 and refused_share(wanted, beds) > REFUSED_SHARE:
        wanted *= 0.98
    return wanted


def beds_by_service(facility: Facility) -> dict[str, int]:
    """Staffed beds (no surge beds, no bassinets) per home service."""
    counted: Counter[str] = Counter()
    for spot in facility.spots.values():
        counted[spot.ward.service] += spot.bed.kind is BedKind.BED and not spot.bed.surge
    return {service: beds for service, beds in sorted(counted.items()) if beds}


def service_of(name: str, facility: Facility) -> Service:
    """The service as the table has it; one it does not have stays like medicine, on the map's own ward."""
    if name in SERVICES:
        return SERVICES[name]
    ward: Ward = next(ward for ward in facility.wards if ward.service == name)
    return Service(
        name=name,
        home=name,
        mean_stay_days=SERVICES["medicine"].mean_stay_days,
        level=ward.level,
        specialty=ward.specialty,
        youngest_years=ward.youngest_years,
        oldest_years=ward.oldest_years,
    )
