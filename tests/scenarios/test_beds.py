from __future__ import annotations

from datetime import timedelta

from engine.core import decisions as d
from engine.core.ledger import Outcome
from engine.core.reasons import Refusal
from tests.scenarios.house import House, hospital, room, ward


def test_a_bed_is_dirty_once_the_patient_has_left():
    house = House(hospital(ward("M", 1)))
    house.lies("Ann", "M1-A")
    house.discharges("Ann")
    assert house.status("M1-A") == "dirty"
    assert house.holder("M1-A") is None


def test_an_expected_discharge_frees_nothing():
    house = House(hospital(ward("M", 1)))
    house.lies("Ann", "M1-A")
    house.expects_discharge("Ann", in_hours=1)
    house.request("Bea")
    assert house.waits("Bea")
    assert house.holder("M1-A") == "Ann"


def test_a_bed_being_cleaned_can_be_kept_for_when_it_is_ready():
    house = House(hospital(ward("M", 1, turnaround_minutes=60)))
    house.lies("Ann", "M1-A")
    left = house.discharges("Ann")
    house.request("Bea")
    assigned = house.last(d.BedAssigned)[0]
    assert assigned.bed == "M1-A"
    assert assigned.ready_at - left.at == timedelta(minutes=60)


def test_a_clean_bed_comes_before_one_that_is_being_cleaned():
    house = House(hospital(ward("M", 1, 1)))
    house.lies("Ann", "M1-A")
    house.discharges("Ann")
    house.request("Bea")
    assert house.reserved("Bea") == "M2-A"


def test_a_bed_ready_only_in_many_hours_is_not_kept_yet():
    house = House(hospital(ward("M", 1, turnaround_minutes=300)))
    house.lies("Ann", "M1-A")
    house.discharges("Ann")
    house.request("Bea")
    assert house.waits("Bea")
    house.time_passes(hours=4)
    assert house.reserved("Bea") == "M1-A"


def test_of_two_beds_being_cleaned_the_one_ready_sooner_is_taken():
    house = House(hospital(ward("M", 1, 1)))
    for visit, bed in (("Ann", "M1-A"), ("Bea", "M2-A")):
        house.lies(visit, bed)
    house.discharges("Bea")
    house.time_passes(minutes=30)
    house.discharges("Ann")
    house.request("Cyn")
    assert house.reserved("Cyn") == "M2-A"


def test_no_bed_becomes_clean_by_itself():
    house = House(hospital(ward("M", 1)))
    house.lies("Ann", "M1-A")
    house.discharges("Ann")
    house.time_passes(hours=48)
    assert house.status("M1-A") == "dirty"


def test_a_ward_that_opted_in_counts_its_beds_as_clean_after_the_turnaround():
    house = House(hospital(ward("M", 1, automatic_release=True, turnaround_minutes=60)))
    house.lies("Ann", "M1-A")
    house.discharges("Ann")
    house.time_passes(minutes=50)
    assert house.status("M1-A") == "dirty"
    house.time_passes(minutes=15)
    assert house.status("M1-A") == "available"


def test_a_bed_is_never_released_by_the_clock_after_an_isolation_stay():
    house = House(hospital(ward("M", 1, automatic_release=True)))
    house.lies("Ann", "M1-A", precautions="contact")
    house.discharges("Ann")
    house.time_passes(hours=48)
    assert house.status("M1-A") == "dirty"


def test_an_isolation_stay_in_a_bed_still_dirty_stops_the_clock_of_the_stay_before():
    house = House(hospital(ward("M", 1, automatic_release=True)))
    house.lies("Old", "M1-A")
    house.discharges("Old")
    house.lies("Ann", "M1-A", precautions="contact")
    house.discharges("Ann")
    house.time_passes(hours=48)
    assert house.status("M1-A") == "dirty"


def test_protective_isolation_leaves_no_infection_behind():
    house = House(hospital(ward("M", 1, automatic_release=True)))
    house.lies("Ann", "M1-A", precautions="protective")
    house.discharges("Ann")
    house.time_passes(hours=2)
    assert house.status("M1-A") == "available"


def test_housekeeping_moves_a_bed_from_dirty_to_cleaning_to_available():
    house = House(hospital(ward("M", 1)))
    house.lies("Ann", "M1-A")
    house.discharges("Ann")
    for status in ("cleaning", "available"):
        house.bed_is("M1-A", status)
        assert house.status("M1-A") == status


def test_an_older_word_on_a_bed_changes_nothing():
    house = House(hospital(ward("M", 1)))
    house.bed_is("M1-A", "blocked")
    house.bed_is("M1-A", "available", hours_ago=1)
    assert house.status("M1-A") == "blocked"
    assert house.outcome() is Outcome.NO_CHANGE


def test_a_surge_bed_is_closed_until_somebody_opens_it():
    house = House(hospital(ward("M", room("M1", surge=True))))
    house.request("Ann")
    assert house.why("Ann") == {Refusal.NOT_AVAILABLE}
    house.bed_is("M1-A", "available")
    assert house.reserved("Ann") == "M1-A"


def test_a_blocked_bed_sends_its_reservation_elsewhere():
    house = House(hospital(ward("M", 1, 1)))
    house.request("Ann")
    house.bed_is("M1-A", "blocked")
    assert house.reserved("Ann") == "M2-A"


def test_a_closed_bed_is_given_to_nobody():
    house = House(hospital(ward("M", 1)))
    house.bed_is("M1-A", "closed")
    house.request("Ann")
    assert house.waits("Ann")


def test_a_bed_blocked_under_its_patient_stays_blocked_when_they_leave():
    house = House(hospital(ward("M", 1)))
    house.lies("Ann", "M1-A")
    house.bed_is("M1-A", "blocked")
    house.discharges("Ann")
    assert house.status("M1-A") == "blocked"


def test_a_held_bed_is_given_to_nobody_until_let_go():
    house = House(hospital(ward("M", 1)))
    house.holds("M1-A")
    house.request("Ann")
    assert house.waits("Ann")
    house.lets_go("M1-A")
    assert house.reserved("Ann") == "M1-A"


def test_holding_a_bed_twice_changes_nothing():
    house = House(hospital(ward("M", 1)))
    house.holds("M1-A")
    house.holds("M1-A")
    assert house.outcome() is Outcome.NO_CHANGE


def test_a_word_on_a_bed_the_map_does_not_know_is_rejected():
    house = House(hospital(ward("M", 1)))
    house.bed_is("X1-A", "available")
    assert house.outcome() is Outcome.REJECTED
