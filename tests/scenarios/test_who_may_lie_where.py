from __future__ import annotations

from engine.core.reasons import Refusal
from engine.core.terms import Level, SexPolicy, Specialty
from tests.scenarios.house import House, hospital, needs, room, ward


def test_a_man_does_not_join_a_room_of_women():
    house = House(hospital(ward("M", 2)))
    house.lies("Ann", "M1-A", sex="F")
    house.request("Max", sex="M")
    assert Refusal.SEX_MISMATCH in house.why("Max")


def test_an_empty_room_takes_either_sex():
    house = House(hospital(ward("M", 2)))
    house.request("Max", sex="M")
    assert house.reserved("Max") == "M1-A"


def test_a_reservation_counts_as_company():
    house = House(hospital(ward("M", 2)))
    house.request("Ann", sex="F")
    house.request("Max", sex="M")
    assert house.waits("Max")


def test_an_occupant_counts_until_physically_gone():
    house = House(hospital(ward("M", 2)))
    house.lies("Ann", "M1-A", sex="F")
    house.expects_discharge("Ann", in_hours=0.1)
    house.time_passes(hours=1)
    house.request("Max", sex="M")
    assert house.waits("Max")
    house.discharges("Ann")
    assert house.reserved("Max") == "M1-B"


def test_an_any_sex_room_is_shared():
    house = House(hospital(ward("M", room("M1", 2, sex_policy=SexPolicy.ANY))))
    house.lies("Ann", "M1-A", sex="F")
    house.request("Max", sex="M")
    assert house.reserved("Max") == "M1-B"


def test_a_room_kept_for_women_takes_no_man_even_when_empty():
    house = House(hospital(ward("M", room("M1", 2, sex_policy=SexPolicy.FEMALE))))
    house.request("Max", sex="M")
    assert house.why("Max") == {Refusal.SEX_MISMATCH}


def test_a_patient_of_other_or_unknown_sex_gets_a_single_room():
    house = House(hospital(ward("M", 2, 1)))
    house.request("Sam", sex="U")
    assert house.reserved("Sam") == "M2-A"


def test_a_patient_of_other_or_unknown_sex_waits_for_a_person_rather_than_sharing():
    house = House(hospital(ward("M", 2)))
    house.request("Sam", sex="U")
    assert house.why("Sam") == {Refusal.SEX_NEEDS_A_PERSON}


def test_a_named_person_decides_on_the_sex_for_accommodation():
    house = House(hospital(ward("M", 2)))
    house.request("Sam", sex="U")
    house.changes("Sam", needs=needs(sex="F", sex_decided_by="nurse in charge"))
    assert house.reserved("Sam") == "M1-A"


def test_nobody_joins_a_patient_of_unknown_sex():
    house = House(hospital(ward("M", 2)))
    house.lies("Sam", "M1-A", sex="U")
    house.request("Ann", sex="F")
    assert house.waits("Ann")


def test_a_patient_nobody_told_the_needs_of_is_not_given_company():
    house = House(hospital(ward("M", 2)))
    house.locates("Who", "M1-A")
    house.request("Ann")
    assert house.waits("Ann")


def test_a_child_goes_to_the_childrens_ward_and_nowhere_else():
    house = House(hospital(ward("M", 1), ward("K", 1, service="paediatrics", specialty=Specialty.PAEDIATRIC)))
    house.request("Kim", service="paediatrics", age=6, specialty=Specialty.PAEDIATRIC)
    house.request("Lou", service="paediatrics", age=7, specialty=Specialty.PAEDIATRIC)
    assert house.reserved("Kim") == "K1-A"
    assert Refusal.WARD_EXCLUSIVE in house.why("Lou")


def test_an_adult_is_not_put_on_the_childrens_ward():
    house = House(hospital(ward("K", 1, service="paediatrics", specialty=Specialty.PAEDIATRIC)))
    house.request("Ann", age=40)
    assert house.why("Ann") == {Refusal.WARD_EXCLUSIVE}


def test_a_wards_age_limits_hold():
    house = House(hospital(ward("G", 1, youngest_years=70)))
    house.request("Ann", age=69)
    house.request("Old", age=70)
    assert house.why("Ann") == {Refusal.AGE_OUTSIDE}
    assert house.reserved("Old") == "G1-A"


def test_an_unknown_age_passes_no_age_limit():
    house = House(hospital(ward("G", 1, youngest_years=18)))
    house.request("Who", age=None)
    assert house.why("Who") == {Refusal.AGE_UNKNOWN}


def test_a_mother_who_needs_intensive_care_may_lie_on_the_general_intensive_ward():
    house = House(hospital(ward("I", 1, service="intensive_care", level=Level.INTENSIVE)))
    house.request("Mia", service="maternity", specialty=Specialty.MATERNITY, level=Level.INTENSIVE)
    assert house.reserved("Mia") == "I1-A"


def test_a_secure_patient_who_needs_intensive_care_waits_for_a_person():
    house = House(hospital(ward("I", 1, service="intensive_care", level=Level.INTENSIVE)))
    house.request("Sec", specialty=Specialty.SECURE, level=Level.INTENSIVE)
    assert house.why("Sec") == {Refusal.WARD_EXCLUSIVE}


def maternity() -> House:
    rooms = (room("F1", bassinets=1), room("F2", bassinets=1))
    return House(hospital(ward("F", *rooms, service="maternity", specialty=Specialty.MATERNITY)))


BORN = {"service": "maternity", "age": 0, "specialty": Specialty.MATERNITY, "newborn": True}


def test_a_newborn_lies_in_a_bassinet_beside_the_mother():
    house = maternity()
    house.lies("Mia", "F2-A", service="maternity", specialty=Specialty.MATERNITY)
    house.request("Baby", mother="Mia", **BORN)
    assert house.reserved("Baby") == "F2-N1"


def test_a_boy_beside_his_mother_breaks_no_rule_of_sexes():
    house = maternity()
    house.lies("Mia", "F1-A", service="maternity", specialty=Specialty.MATERNITY)
    house.request("Baby", mother="Mia", sex="M", **BORN)
    assert house.reserved("Baby") == "F1-N1"
    house.locates("Baby", "F1-N1")
    assert not house.conflicts()


def test_a_newborn_stays_with_an_isolated_mother():
    house = maternity()
    house.lies("Mia", "F2-A", service="maternity", specialty=Specialty.MATERNITY, precautions="contact")
    house.request("Baby", mother="Mia", **BORN)
    assert house.reserved("Baby") == "F2-N1"


def test_a_newborn_without_a_bassinet_waits():
    house = House(hospital(ward("F", 1, service="maternity", specialty=Specialty.MATERNITY)))
    house.request("Baby", **BORN)
    assert house.why("Baby") == {Refusal.WRONG_KIND}


def test_a_mother_gets_no_bassinet():
    house = maternity()
    for visit, bed in (("Mia", "F1-A"), ("Eva", "F2-A")):
        house.lies(visit, bed, service="maternity", specialty=Specialty.MATERNITY)
    house.request("Ina", service="maternity", specialty=Specialty.MATERNITY)
    assert house.why("Ina") == {Refusal.WRONG_KIND, Refusal.NOT_AVAILABLE}
