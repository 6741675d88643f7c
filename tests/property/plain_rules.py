"""The hard rules once more, written plainly and without the engine's indices: what the tests judge by."""

from __future__ import annotations

from engine.core.census import Census
from engine.core.events import Needs
from engine.core.facility import Facility, Room, Ward
from engine.core.terms import BedKind, BedStatus, Level, Precaution, Pressure, Sex, SexPolicy, Specialty


def house_of(census: Census) -> Facility:
    assert census.facility is not None
    return census.facility


def home_of(census: Census, bed_id: str) -> tuple[Ward, Room, int]:
    for ward in house_of(census).wards:
        for room in ward.rooms:
            for at, bed in enumerate(room.beds):
                if bed.id == bed_id:
                    return ward, room, at
    raise AssertionError(f"no bed {bed_id}")


def is_free(census: Census, bed_id: str) -> bool:
    bed = census.bed(bed_id)
    return not bed.claims and bed.reserved_for is None and bed.held is None


def is_open(census: Census, bed_id: str) -> bool:
    return is_free(census, bed_id) and census.bed(bed_id).status is BedStatus.AVAILABLE


def room_mates(census: Census, room: Room, apart: set[str]) -> list[Needs | None]:
    """Needs of everybody who lies in the room or has a bed reserved there, but for `apart`."""
    found: list[Needs | None] = []
    for visit in dict(census.visits.items()).values():
        for place in room.beds:
            here = visit.id in census.bed(place.id).claims or census.bed(place.id).reserved_for == visit.id
            if here and visit.id not in apart:
                found.append(visit.needs)
    return [one for one in found if one is None or not one.newborn or one.precautions]


def allowed(census: Census, visit_id: str, bed_id: str, leaving: frozenset[str] = frozenset()) -> bool:
    """Whether every hard rule lets this patient lie in this bed beside those in its room."""
    ward, room, at = home_of(census, bed_id)
    needs = census.visits[visit_id].needs
    assert needs is not None
    return _fits_bed(needs, ward, room, at) and _fits_room(census, visit_id, needs, room, leaving)


def _fits_bed(needs: Needs, ward: Ward, room: Room, at: int) -> bool:
    bed = room.beds[at]
    age_free = (ward.youngest_years, ward.oldest_years) == (0, 130)
    air = {Precaution.AIRBORNE: Pressure.NEGATIVE, Precaution.PROTECTIVE: Pressure.POSITIVE}
    same_kind = ward.specialty == needs.specialty
    higher_care = (
        ward.specialty is None
        and needs.specialty is not Specialty.SECURE
        and needs.level != Level.ACUTE
        and ward.level == needs.level
    )
    sex_known = needs.sex is not Sex.OTHER_OR_UNKNOWN
    beds = [one for one in room.beds if one.kind is BedKind.BED]
    single = room.sex_policy is SexPolicy.ONE_AT_A_TIME and len(beds) == 1
    return (
        needs.newborn == (bed.kind is BedKind.BASSINET)
        and ward.level >= needs.level
        and needs.equipment <= bed.equipment
        and all(room.pressure is air[one] for one in needs.precautions if one in air)
        and (age_free if needs.age_years is None else ward.youngest_years <= needs.age_years <= ward.oldest_years)
        and (same_kind or higher_care)
        and (sex_known or needs.newborn or room.sex_policy is SexPolicy.ANY or single)
    )


def _fits_room(census: Census, visit_id: str, needs: Needs, room: Room, leaving: frozenset[str]) -> bool:
    apart = {visit_id} | leaving
    if needs.newborn and needs.mother and (mother := census.visit(needs.mother)):
        apart |= {mother.id}
    mates = room_mates(census, room, apart)
    return _isolation_holds(needs, mates) and _sexes_match(needs, mates, room)


def _isolation_holds(needs: Needs, mates: list[Needs | None]) -> bool:
    isolated = bool(needs.precautions) or any(mate is not None and mate.precautions for mate in mates)
    if not mates or not isolated:
        return True
    mine = (needs.precautions, needs.cohort)
    return needs.cohort is not None and all(
        mate is not None and (mate.precautions, mate.cohort) == mine for mate in mates
    )


def _sexes_match(needs: Needs, mates: list[Needs | None], room: Room) -> bool:
    if needs.newborn or room.sex_policy is SexPolicy.ANY:
        return True
    if room.sex_policy is SexPolicy.FEMALE:
        return needs.sex is Sex.FEMALE
    if room.sex_policy is SexPolicy.MALE:
        return needs.sex is Sex.MALE
    single = sum(one.kind is BedKind.BED for one in room.beds) == 1
    if needs.sex is Sex.OTHER_OR_UNKNOWN:
        return single
    return all(mate is not None and mate.sex is needs.sex for mate in mates)
