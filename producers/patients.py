"""Who comes: needs and admission facts drawn for a service, in the words of the SPARCS export."""

from __future__ import annotations

import random
from types import MappingProxyType
from typing import Final

import msgspec

from engine.core.events import Needs
from engine.core.facility import Facility
from engine.core.services import (
    ADMISSION_TYPE_SHARES,
    BARIATRIC_SHARE,
    PRECAUTION_SHARES,
    SERVICE_SHARES,
    Service,
)
from engine.core.stay import AdmissionFacts
from engine.core.terms import AdmissionType, Equipment, Level, PatientClass, Precaution, Pressure, Sex, Specialty
from producers.calibration import AGE_GROUPS, SEX_NOT_STATED_SHARE, THROUGH_ED_SHARE

# Frequent CCSR diagnoses by service (assumption: which ones a service sees, not how often).
DIAGNOSES: Final = MappingProxyType(
    {
        "medicine": ("INF002", "RSP002", "RSP008", "GEN004", "END003"),
        "surgery": ("DIG012", "DIG019", "DIG013", "INJ029"),
        "orthopaedics": ("MUS006", "MUS011", "INJ004", "INJ005"),
        "cardiology": ("CIR019", "CIR009", "CIR017", "CIR012"),
        "neurology": ("CIR020", "NVS009", "NVS006"),
        "oncology": ("NEO073", "NEO022", "NEO070"),
        "intensive_care": ("INF002", "RSP012", "CIR009"),
        "step_down": ("RSP012", "CIR019", "CIR009"),
        "maternity": ("PRG023", "PRG029", "PRG016"),
        "newborn": ("PNL001",),
        "paediatrics": ("RSP005", "RSP009", "RSP002"),
        "psychiatry": ("MBD002", "MBD001", "MBD003"),
        "observation": ("SYM012", "SYM006", "CIR012"),
    }
)
# Assumption: payers below 65; from then on Medicare pays.
_PAYERS: Final = {"Medicaid": 0.45, "Private Health Insurance": 0.48, "Self-Pay": 0.07}
_PRIORITY: Final = {AdmissionType.TRAUMA: 2, AdmissionType.EMERGENCY: 3, AdmissionType.ELECTIVE: 4}


class Offers(msgspec.Struct, frozen=True):
    """What some bed offers to a service's patients: nobody is sent to a house that could never take them."""

    equipment: frozenset[Equipment]
    pressures: frozenset[Pressure]


def offers_to(service: Service, facility: Facility) -> Offers:
    """What a house offers to this service on its own kind of ward."""
    fit = [
        spot
        for spot in facility.spots.values()
        if spot.ward.specialty is service.specialty and spot.ward.level >= service.level
    ]
    equipment = frozenset().union(*(spot.bed.equipment for spot in fit))
    return Offers(equipment, frozenset(spot.room.pressure for spot in fit))


def type_of_admission(service: Service, rng: random.Random) -> AdmissionType:
    """How a patient of this service comes, by the shares of the services table."""
    shares = {
        kind: ADMISSION_TYPE_SHARES[kind] * SERVICE_SHARES[kind].get(service.name, 0.0) for kind in SERVICE_SHARES
    }
    if not any(shares.values()):
        return AdmissionType.EMERGENCY
    return rng.choices(list(shares), list(shares.values()))[0]


def draw_needs(service: Service, offers: Offers, rng: random.Random) -> Needs:
    """Needs of a new patient, within what the house offers."""
    return Needs(
        service=service.name,
        level=service.level,
        sex=_sex(service, rng),
        age_years=_age(service, rng),
        equipment=_equipment(service, rng) & offers.equipment,
        precautions=_precautions(service, offers, rng),
        specialty=service.specialty,
    )


def draw_facts(needs: Needs, kind: AdmissionType, facility: str, rng: random.Random) -> AdmissionFacts:
    """What registration knows of the patient."""
    age = needs.age_years or 0
    return AdmissionFacts(
        age_group=age_group(age),
        sex=needs.sex,
        admission_type=kind,
        patient_class=PatientClass.OBSERVATION if needs.service == "observation" else PatientClass.INPATIENT,
        through_ed=comes_through_ed(kind, rng),
        payer="Medicare" if age >= 65 else rng.choices(list(_PAYERS), list(_PAYERS.values()))[0],
        zip3=rng.choice(("100", "112", "117", "142", "147")),
        facility=facility,
        diagnosis=rng.choice(DIAGNOSES.get("newborn" if needs.newborn else needs.service, DIAGNOSES["medicine"])),
    )


def comes_through_ed(kind: AdmissionType, rng: random.Random) -> bool:
    """Nearly all emergencies do, planned patients and newborns do not: in all THROUGH_ED_SHARE of stays."""
    is_emergency = kind in (AdmissionType.EMERGENCY, AdmissionType.TRAUMA)
    emergencies = ADMISSION_TYPE_SHARES[AdmissionType.EMERGENCY] + ADMISSION_TYPE_SHARES[AdmissionType.TRAUMA]
    return is_emergency and rng.random() < THROUGH_ED_SHARE / emergencies


def priority(kind: AdmissionType, level: Level) -> int:
    """1 first: intensive patients before all, planned ones last."""
    return 1 if level is Level.INTENSIVE else _PRIORITY.get(kind, 3)


def age_group(age_years: int) -> str:
    """The export's text for an age."""
    return next(text for text, _, oldest, _ in AGE_GROUPS if age_years <= oldest or text == AGE_GROUPS[-1][0])


def _age(service: Service, rng: random.Random) -> int:
    spans = [
        (max(youngest, service.youngest_years), min(oldest, service.oldest_years), share / (oldest - youngest + 1))
        for _, youngest, oldest, share in AGE_GROUPS
    ]
    within = [(low, high, share * (high - low + 1)) for low, high, share in spans if low <= high]
    low, high, _ = rng.choices(within, [share for _, _, share in within])[0]
    return rng.randint(low, high)


def _sex(service: Service, rng: random.Random) -> Sex:
    if service.specialty is Specialty.MATERNITY:
        return Sex.FEMALE
    if rng.random() < SEX_NOT_STATED_SHARE:
        return Sex.OTHER_OR_UNKNOWN
    return rng.choice((Sex.FEMALE, Sex.MALE))


def _equipment(service: Service, rng: random.Random) -> frozenset[Equipment]:
    needed = set()
    if rng.random() < service.telemetry_share or service.level is not Level.ACUTE:
        needed.add(Equipment.TELEMETRY)
    if service.specialty is None and rng.random() < BARIATRIC_SHARE:
        needed.add(Equipment.BARIATRIC)
    return frozenset(needed)


def _precautions(service: Service, offers: Offers, rng: random.Random) -> frozenset[Precaution]:
    if service.oldest_years < 18:
        return frozenset()
    found = {one for one, share in PRECAUTION_SHARES.items() if rng.random() < share}
    if Pressure.NEGATIVE not in offers.pressures:
        found.discard(Precaution.AIRBORNE)
    protective = rng.random() < service.protective_share and Pressure.POSITIVE in offers.pressures
    return frozenset({Precaution.PROTECTIVE} if protective else found)
