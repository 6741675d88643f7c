from __future__ import annotations

import pytest

from engine.core import decisions as d
from engine.core.reasons import Refusal
from engine.core.terms import Level, Pressure
from tests.scenarios.house import House, hospital, needs, nights, room, ward, with_deferral


def full_ward() -> House:
    house = House(hospital(ward("M", 1)))
    house.lies("Old", "M1-A")
    return house


def frees(house: House, bed: str = "M1-A", visit: str = "Old") -> None:
    house.discharges(visit)
    house.bed_is(bed, "available")


def test_a_patient_without_a_bed_waits_and_is_told_why():
    house = full_ward()
    house.request("Ann")
    assert house.waits("Ann")
    assert house.why("Ann") == {Refusal.NOT_AVAILABLE}


def test_a_waiting_patient_gets_the_bed_that_comes_free():
    house = full_ward()
    house.request("Ann")
    frees(house)
    assert house.reserved("Ann") == "M1-A"
    assert not house.queue()


def test_who_waits_longest_comes_first():
    house = full_ward()
    house.request("Ann")
    house.request("Bea")
    frees(house)
    assert house.reserved("Ann") == "M1-A"
    assert house.waits("Bea")


def test_a_higher_priority_goes_before_a_longer_wait():
    house = full_ward()
    house.request("Ann", priority=3)
    house.request("Bea", priority=1)
    assert house.queue() == ["Bea", "Ann"]
    frees(house)
    assert house.reserved("Bea") == "M1-A"


def test_a_raised_priority_moves_a_patient_up_the_queue():
    house = full_ward()
    house.request("Ann")
    house.request("Bea")
    house.changes("Bea", priority=1)
    assert house.queue() == ["Bea", "Ann"]


def test_a_request_that_reached_us_late_keeps_its_place_by_when_it_was_made():
    house = full_ward()
    house.request("Ann")
    house.request("Bea", hours_ago=3)
    assert house.queue() == ["Bea", "Ann"]


def test_a_patient_nothing_fits_does_not_hold_up_the_next():
    house = full_ward()
    house.request("Icy", priority=1, level=Level.INTENSIVE)
    house.request("Ann")
    frees(house)
    assert house.reserved("Ann") == "M1-A"
    assert house.waits("Icy")


def test_a_patient_whose_needs_become_smaller_gets_a_bed_at_once():
    house = House(hospital(ward("M", 1)))
    house.request("Ann", precautions="airborne")
    assert house.waits("Ann")
    house.changes("Ann", needs=needs())
    assert house.reserved("Ann") == "M1-A"
    assert not house.waits("Ann")


def test_an_in_house_transfer_queues_while_the_patient_keeps_the_bed():
    house = House(hospital(ward("M", 1), ward("I", 1, service="intensive_care", level=Level.INTENSIVE)))
    house.lies("Ann", "M1-A")
    house.lies("Icy", "I1-A", level=Level.INTENSIVE)
    house.request("Ann", level=Level.INTENSIVE, priority=1)
    assert house.waits("Ann")
    assert house.bed_of("Ann") == "M1-A"
    house.discharges("Icy")
    assert house.reserved("Ann") == "I1-A"
    house.locates("Ann", "I1-A")
    assert house.status("M1-A") == "dirty"


def test_being_seen_again_in_the_same_bed_does_not_end_the_wait_for_another():
    house = House(hospital(ward("M", 1), ward("I", 1, service="intensive_care", level=Level.INTENSIVE)))
    house.lies("Ann", "M1-A")
    house.lies("Icy", "I1-A", level=Level.INTENSIVE)
    house.request("Ann", level=Level.INTENSIVE)
    house.locates("Ann", "M1-A")
    assert house.waits("Ann")


def test_an_unused_reservation_expires_and_the_bed_goes_to_who_is_first():
    house = House(hospital(ward("M", 1)))
    house.request("Late", priority=4)
    house.request("Ann", priority=2)
    house.time_passes(hours=12.1)
    assert house.reserved("Ann") == "M1-A"
    assert house.waits("Late")


def test_an_unused_reservation_nobody_else_wants_is_made_anew():
    house = House(hospital(ward("M", 1)))
    house.request("Late")
    house.time_passes(hours=12.1)
    assert house.last(d.AssignmentReleased)
    assert house.reserved("Late") == "M1-A"


def test_nobody_is_deferred_unless_the_house_opted_in():
    house = House(hospital(ward("I", 1, service="intensive_care", level=Level.INTENSIVE)), forecast=nights(30))
    house.request("Ann", service="medicine")
    assert house.reserved("Ann") == "I1-A"


@pytest.fixture
def dear_bed() -> House:
    """The only free bed is the house's last intensive one."""
    wards = (ward("I", 1, service="intensive_care", level=Level.INTENSIVE), ward("M", 1))
    house = House(hospital(*wards), policy=with_deferral(Level.ACUTE), forecast=nights(20))
    house.lies("Old", "M1-A")
    return house


def test_a_patient_is_deferred_when_the_only_bed_is_too_dear(dear_bed: House):
    dear_bed.request("Ann")
    assert dear_bed.waits("Ann")
    assert dear_bed.last(d.PatientDeferred)[0].best_bed == "I1-A"


def test_a_deferred_patient_gets_the_better_bed_as_soon_as_it_is_free(dear_bed: House):
    dear_bed.request("Ann")
    frees(dear_bed)
    assert dear_bed.reserved("Ann") == "M1-A"


def test_nobody_is_deferred_for_more_than_four_hours_in_all(dear_bed: House):
    dear_bed.request("Ann")
    for _ in range(7):
        dear_bed.time_passes(minutes=30)
        assert dear_bed.waits("Ann")
    dear_bed.time_passes(minutes=30)
    assert dear_bed.reserved("Ann") == "I1-A"


def test_an_urgent_patient_is_not_deferred(dear_bed: House):
    dear_bed.request("Ann", priority=1)
    assert dear_bed.reserved("Ann") == "I1-A"


def test_an_intensive_patient_is_not_deferred(dear_bed: House):
    dear_bed.request("Icy", level=Level.INTENSIVE)
    assert dear_bed.reserved("Icy") == "I1-A"


def test_a_patient_who_waited_for_lack_of_beds_can_be_deferred_but_is_then_looked_at_again():
    wards = (ward("I", 1, service="intensive_care", level=Level.INTENSIVE), ward("M", 1))
    house = House(hospital(*wards), policy=with_deferral(Level.ACUTE), forecast=nights(20))
    house.lies("Old", "M1-A")
    house.lies("Icy", "I1-A", level=Level.INTENSIVE)
    house.request("Ann")
    house.discharges("Icy")
    house.bed_is("I1-A", "available")
    assert house.waits("Ann")
    house.time_passes(hours=4)
    assert house.reserved("Ann") == "I1-A"


def test_a_single_room_that_gets_its_air_back_goes_to_who_needs_it_first():
    house = House(hospital(ward("M", room("M1", pressure=Pressure.NEGATIVE))))
    house.lies("Old", "M1-A")
    house.request("Ann")
    house.request("Tib", precautions="airborne", priority=2)
    frees(house)
    assert house.reserved("Tib") == "M1-A"
