from __future__ import annotations

from engine.core.reasons import Refusal
from engine.core.terms import Pressure
from tests.scenarios.house import House, hospital, needs, room, ward


def test_an_isolation_patient_waits_rather_than_sharing():
    house = House(hospital(ward("M", 2)))
    house.lies("Ann", "M1-A")
    house.request("Iso", precautions="contact")
    assert house.why("Iso") == {Refusal.ISOLATION, Refusal.NOT_AVAILABLE}


def test_nobody_is_put_beside_an_isolated_patient():
    house = House(hospital(ward("M", 2)))
    house.lies("Iso", "M1-A", precautions="droplet")
    house.request("Ann")
    assert house.waits("Ann")


def test_an_isolated_patient_may_have_an_empty_shared_room():
    house = House(hospital(ward("M", 2)))
    house.request("Iso", precautions="contact")
    assert house.reserved("Iso") == "M1-A"


def test_the_same_infection_does_not_share_by_itself():
    house = House(hospital(ward("M", 2)))
    house.lies("Iso", "M1-A", precautions="contact")
    house.request("Una", precautions="contact")
    assert house.waits("Una")


def test_a_cohort_that_a_person_confirmed_shares():
    house = House(hospital(ward("M", 2)))
    house.lies("Iso", "M1-A", precautions="contact", cohort="norovirus week 2")
    house.request("Una", precautions="contact", cohort="norovirus week 2")
    assert house.reserved("Una") == "M1-B"


def test_cohorts_do_not_mix():
    house = House(hospital(ward("M", 2)))
    house.lies("Iso", "M1-A", precautions="contact", cohort="norovirus")
    house.request("Una", precautions="contact", cohort="mrsa")
    assert house.waits("Una")


def test_a_cohort_does_not_lift_the_rule_of_sexes():
    house = House(hospital(ward("M", 2)))
    house.lies("Iso", "M1-A", precautions="contact", cohort="norovirus", sex="F")
    house.request("Max", precautions="contact", cohort="norovirus", sex="M")
    assert house.waits("Max")


def test_airborne_precautions_need_negative_pressure():
    house = House(hospital(ward("M", 1, room("M2", pressure=Pressure.NEGATIVE))))
    house.request("Tib", precautions="airborne")
    house.request("Una", precautions="airborne")
    assert house.reserved("Tib") == "M2-A"
    assert Refusal.WRONG_AIR in house.why("Una")


def test_protective_isolation_needs_positive_pressure():
    house = House(hospital(ward("M", room("M1", pressure=Pressure.NEGATIVE), room("M2", pressure=Pressure.POSITIVE))))
    house.request("Leo", precautions="protective")
    assert house.reserved("Leo") == "M2-A"


def test_airborne_and_protective_together_wait_for_a_person():
    house = House(hospital(ward("M", room("M1", pressure=Pressure.NEGATIVE), room("M2", pressure=Pressure.POSITIVE))))
    house.request("Leo", precautions="airborne protective")
    assert house.why("Leo") == {Refusal.WRONG_AIR}


def test_a_reservation_ends_when_an_isolated_patient_is_put_into_its_room():
    house = House(hospital(ward("M", 2, 1)))
    house.lies("Bea", "M1-A")
    house.request("Ann")
    assert house.reserved("Ann") == "M1-B"
    house.changes("Bea", needs=needs(precautions="contact"))
    assert house.reserved("Ann") == "M2-A"


def test_a_patient_whose_precautions_end_lets_others_in():
    house = House(hospital(ward("M", 2)))
    house.lies("Iso", "M1-A", precautions="contact")
    house.request("Ann")
    house.changes("Iso", needs=needs())
    assert house.reserved("Ann") == "M1-B"


def test_an_isolated_patient_found_beside_another_is_a_conflict_people_see():
    house = House(hospital(ward("M", 2)))
    house.lies("Ann", "M1-A")
    house.lies("Iso", "M1-B", precautions="contact")
    assert house.conflicts() == ["rule_broken"]
    assert house.bed_of("Iso") == "M1-B"


def test_precautions_that_begin_in_a_shared_room_are_a_conflict_people_see():
    house = House(hospital(ward("M", 2)))
    house.lies("Ann", "M1-A")
    house.lies("Bea", "M1-B")
    house.changes("Bea", needs=needs(precautions="contact"))
    assert house.conflicts() == ["rule_broken"]
    assert house.bed_of("Bea") == "M1-B"
