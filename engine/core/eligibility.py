"""Hard rules: who may lie where. One function, one reason, one test, one row in docs/rules.md each.

Bed rules look at the bed and its ward alone; room rules at the other patients. That a bed is usable at all (available,
unclaimed, unreserved, not held) is kept by the openings and refused as NOT_AVAILABLE.
"""

# ruff: noqa: ARG001 - every rule takes the same three arguments, whichever it looks at

from __future__ import annotations

from collections.abc import Callable

from engine.core.company import NOT_ISOLATED, Company, isolation_of
from engine.core.events import Needs
from engine.core.facility import Spot
from engine.core.reasons import Refusal
from engine.core.terms import BedKind, Level, Precaution, Pressure, Sex, SexPolicy, Specialty

HardRule = Callable[[Needs, Spot, Company], Refusal | None]

_ANY_AGE = (0, 130)
_OWN_SEX = {SexPolicy.FEMALE: Sex.FEMALE, SexPolicy.MALE: Sex.MALE}


def kind_of_bed(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """Newborns lie in bassinets and nobody else does."""
    return None if needs.newborn == (spot.bed.kind is BedKind.BASSINET) else Refusal.WRONG_KIND


def level_of_care(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """The ward gives at least the level of care the patient needs."""
    return None if spot.ward.level >= needs.level else Refusal.LEVEL_TOO_LOW


def equipment(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """The bed place has everything the patient needs."""
    return None if needs.equipment <= spot.bed.equipment else Refusal.EQUIPMENT_MISSING


def air(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """Airborne precautions need negative pressure, protective ones positive; both together need a person."""
    required = {_AIR[precaution] for precaution in needs.precautions if precaution in _AIR}
    return None if required <= {spot.room.pressure} else Refusal.WRONG_AIR


_AIR = {Precaution.AIRBORNE: Pressure.NEGATIVE, Precaution.PROTECTIVE: Pressure.POSITIVE}


def age_limits(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """The ward takes the patient's age; an unknown age passes only a ward without limits."""
    limits = (spot.ward.youngest_years, spot.ward.oldest_years)
    if needs.age_years is None:
        return None if limits == _ANY_AGE else Refusal.AGE_UNKNOWN
    return None if limits[0] <= needs.age_years <= limits[1] else Refusal.AGE_OUTSIDE


def exclusive_ward(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """Paediatric, maternity, psychiatric and secure wards take their own patients only, who lie nowhere else.

    But for a general intensive or step-down ward, when they need that level (a secure patient still needs a person).
    """
    if spot.ward.specialty is needs.specialty:
        return None
    general = spot.ward.specialty is None and spot.ward.level is needs.level is not Level.ACUTE
    return None if general and needs.specialty is not Specialty.SECURE else Refusal.WARD_EXCLUSIVE


def isolation(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """Nobody shares a room with an isolated patient, unless a person confirmed the cohort."""
    mine = isolation_of(needs)
    if company.patients == 0 or (mine == NOT_ISOLATED and not company.is_isolated):
        return None
    same_cohort = needs.cohort is not None and company.isolations == (mine,)
    return None if same_cohort else Refusal.ISOLATION


def same_sex_room(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """A shared room holds one sex at a time, or the one it is kept for."""
    policy = spot.room.sex_policy
    if policy is SexPolicy.ANY or needs.newborn:
        return None
    if policy in _OWN_SEX:
        return None if needs.sex is _OWN_SEX[policy] else Refusal.SEX_MISMATCH
    if company.patients == 0 or not needs.sex.is_known:
        return None
    return None if company.sexes == (needs.sex,) else Refusal.SEX_MISMATCH


def sex_decided(needs: Needs, spot: Spot, company: Company) -> Refusal | None:
    """A patient whose sex is other or unknown gets a single or any-sex room, or waits for a person."""
    if needs.sex.is_known or needs.newborn or spot.room.sex_policy is SexPolicy.ANY:
        return None
    alone = spot.room.sex_policy is SexPolicy.ONE_AT_A_TIME and spot.room.capacity == 1
    return None if alone else Refusal.SEX_NEEDS_A_PERSON


BED_RULES: tuple[HardRule, ...] = (kind_of_bed, level_of_care, equipment, air, age_limits, exclusive_ward, sex_decided)
ROOM_RULES: tuple[HardRule, ...] = (isolation, same_sex_room)
HARD_RULES: tuple[HardRule, ...] = (*BED_RULES, *ROOM_RULES)


def refusal(needs: Needs, spot: Spot, company: Company, rules: tuple[HardRule, ...] = HARD_RULES) -> Refusal | None:
    """The first rule that speaks against this bed, or None."""
    for rule in rules:
        if (why := rule(needs, spot, company)) is not None:
            return why
    return None
