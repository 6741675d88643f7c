"""Each hard rule on its own: what it refuses, with which reason, and what it lets pass."""

from __future__ import annotations

import pytest

from engine.core.company import EMPTY, Company, company_of
from engine.core.eligibility import HARD_RULES, refusal
from engine.core.events import Needs
from engine.core.facility import Spot
from engine.core.reasons import Refusal, waiting_sentence
from engine.core.terms import BedKind, Level, Pressure, SexPolicy, Specialty
from tests.scenarios.house import hospital, needs, room, ward

NEWBORN = needs("maternity", age=0, newborn=True)


def spot(*rooms, **rest) -> Spot:
    """The first bed of a ward of these rooms."""
    return next(iter(hospital(ward("M", *(rooms or (2,)), **rest)).spots.values()))


CASES = {
    Refusal.WRONG_KIND: [(NEWBORN, spot(), EMPTY), (needs(), spot(room("M1", 0, bassinets=1)), EMPTY)],
    Refusal.LEVEL_TOO_LOW: [(needs(level=Level.STEP_DOWN), spot(), EMPTY)],
    Refusal.EQUIPMENT_MISSING: [(needs(equipment="dialysis"), spot(room("M1", equipment="telemetry")), EMPTY)],
    Refusal.WRONG_AIR: [
        (needs(precautions="airborne"), spot(), EMPTY),
        (needs(precautions="protective"), spot(room("M1", pressure=Pressure.NEGATIVE)), EMPTY),
    ],
    Refusal.AGE_OUTSIDE: [(needs(age=71), spot(1, oldest_years=70), EMPTY)],
    Refusal.AGE_UNKNOWN: [(needs(age=None), spot(1, youngest_years=1), EMPTY)],
    Refusal.WARD_EXCLUSIVE: [
        (needs(), spot(1, specialty=Specialty.SECURE), EMPTY),
        (needs(specialty=Specialty.PSYCHIATRIC), spot(1), EMPTY),
    ],
    Refusal.SEX_NEEDS_A_PERSON: [(needs(sex="U"), spot(2), EMPTY)],
    Refusal.ISOLATION: [
        (needs(precautions="contact"), spot(2), company_of([needs()])),
        (needs(), spot(2), company_of([needs(precautions="droplet")])),
        (needs(), spot(2), company_of([needs("maternity", newborn=True, precautions="contact")])),
    ],
    Refusal.SEX_MISMATCH: [
        (needs(sex="M"), spot(2), company_of([needs(sex="F")])),
        (needs(sex="M"), spot(room("M1", sex_policy=SexPolicy.FEMALE)), EMPTY),
        (needs(sex="U"), spot(room("M1", sex_policy=SexPolicy.MALE)), EMPTY),
    ],
}


@pytest.mark.parametrize(("why", "case"), [(why, case) for why, cases in CASES.items() for case in cases])
def test_a_bed_is_refused_for_its_reason(why: Refusal, case: tuple[Needs, Spot, Company]):
    expected = Refusal.SEX_NEEDS_A_PERSON if case[0].sex == "U" else why
    assert refusal(*case) is expected


def test_every_reason_but_availability_belongs_to_a_rule():
    assert set(CASES) == set(Refusal) - {Refusal.NOT_AVAILABLE}


@pytest.mark.parametrize(
    ("patient", "bed", "company"),
    [
        (needs(), spot(), EMPTY),
        (needs(), spot(2), company_of([needs()])),
        (needs(), spot(1, level=Level.INTENSIVE), EMPTY),
        (needs(sex="U"), spot(1), EMPTY),
        (needs(sex="U"), spot(room("M1", 2, sex_policy=SexPolicy.ANY)), company_of([needs()])),
        (needs(age=0), spot(1), EMPTY),
        (needs(age=None), spot(1), EMPTY),
        (needs(precautions="contact", cohort="a"), spot(2), company_of([needs(precautions="contact", cohort="a")])),
        (NEWBORN, spot(room("M1", 0, bassinets=1)), company_of([needs(sex="M")])),
        (needs(sex="M"), spot(2), company_of([NEWBORN])),
    ],
)
def test_a_fitting_bed_is_not_refused(patient: Needs, bed: Spot, company: Company):
    assert refusal(patient, bed, company) is None


def test_a_room_that_a_person_did_not_confirm_is_no_cohort():
    company = company_of([needs(precautions="contact")])
    assert refusal(needs(precautions="contact"), spot(2), company) is Refusal.ISOLATION


def test_every_rule_says_what_it_is_for():
    assert all(rule.__doc__ for rule in HARD_RULES)


def test_every_refusal_reads_as_part_of_a_sentence():
    told = waiting_sentence(dict.fromkeys(Refusal, 2))
    assert told.startswith("No bed is free for this patient: 2 ")
    assert all(why.sentence in told for why in Refusal)


def test_a_bassinet_room_without_beds_has_no_capacity_to_share():
    bassinet = spot(room("M1", 0, bassinets=2))
    assert bassinet.bed.kind is BedKind.BASSINET
    assert bassinet.room.capacity == 0
