from __future__ import annotations

from msgspec.structs import replace

from engine.core.facility import BedPlace, Room, Ward
from engine.core.ledger import Outcome
from engine.core.policy import Policy
from engine.core.terms import Level, Pressure
from tests.scenarios.house import House, hospital, nights, room, ward, with_deferral


def test_a_patient_in_a_bed_taken_off_the_map_is_kept_in_an_unmapped_place():
    house = House(hospital(ward("M", 1, 1)))
    house.lies("Ann", "M2-A")
    house.rebuilds(hospital(ward("M", 1)))
    assert house.bed_of("Ann") is None
    assert house.visit("Ann").place.area == "unmapped M2-A"
    assert house.conflicts() == ["bed_not_on_map"]


def test_a_patient_is_back_in_the_bed_when_the_map_knows_it_again():
    house = House(hospital(ward("M", 1, 1)))
    house.lies("Ann", "M2-A")
    house.rebuilds(hospital(ward("M", 1)))
    house.rebuilds(hospital(ward("M", 1, 1)))
    assert house.holder("M2-A") == "Ann"


def test_nobody_haunts_a_bed_that_came_back_to_the_map():
    house = House(hospital(ward("M", 1, 1)))
    house.lies("Ann", "M2-A")
    house.rebuilds(hospital(ward("M", 1)))
    house.discharges("Ann")
    house.rebuilds(hospital(ward("M", 1, 1)))
    assert house.holder("M2-A") is None


def test_a_reservation_of_a_bed_taken_off_the_map_goes_elsewhere():
    house = House(hospital(ward("M", 1, 1)))
    house.request("Ann")
    house.rebuilds(hospital(ward("M", room("M2"))))
    assert house.reserved("Ann") == "M2-A"


def test_a_reservation_that_the_new_map_forbids_goes_elsewhere():
    house = House(hospital(ward("M", room("M1", pressure=Pressure.NEGATIVE))))
    house.request("Tib", precautions="airborne")
    house.rebuilds(hospital(ward("M", 1, room("M2", pressure=Pressure.NEGATIVE))))
    assert house.reserved("Tib") == "M2-A"


def test_new_beds_go_to_those_who_wait():
    house = House(hospital(ward("M", 1)))
    house.lies("Old", "M1-A")
    house.request("Ann")
    house.rebuilds(hospital(ward("M", 1, 1)))
    assert house.reserved("Ann") == "M2-A"


def test_a_map_that_is_not_what_its_hash_says_is_rejected():
    house = House(hospital(ward("M", 1)))
    house.rebuilds(hospital(ward("M", 1, 1)), sha256="0" * 64)
    assert house.outcome() is Outcome.REJECTED
    assert "M2-A" not in house.census.facility.spots


def test_another_houses_map_is_rejected():
    house = House(hospital(ward("M", 1)))
    house.rebuilds(replace(hospital(ward("M", 1, 1)), id="OTHER"))
    assert house.outcome() is Outcome.REJECTED


def test_two_maps_with_the_same_beds_are_the_same_map():
    said = Ward(id="M", service="medicine", rooms=(Room(id="M1", beds=(BedPlace(id="A", equipment=frozenset("")),)),))
    left_out = Ward(id="M", service="medicine", rooms=(Room(id="M1", beds=(BedPlace(id="A"),)),), name="")
    assert hospital(said).sha256 == hospital(left_out).sha256


def test_a_changed_policy_is_in_force_at_once():
    wards = (ward("I", 1, service="intensive_care", level=Level.INTENSIVE),)
    house = House(hospital(*wards), policy=with_deferral(Level.ACUTE), forecast=nights(20))
    house.request("Ann")
    assert house.waits("Ann")
    house.sets_policy(Policy())
    assert house.reserved("Ann") == "I1-A"


def test_a_promoted_model_is_named_in_every_record_after_it():
    house = House(hospital(ward("M", 1)))
    house.promotes("v2")
    assert house.time_passes(minutes=1).model == "v2"


def test_time_alone_changes_nothing_but_prices():
    house = House(hospital(ward("M", 1)))
    house.time_passes(minutes=1)
    house.time_passes(minutes=1)
    assert house.outcome() is Outcome.NO_CHANGE
