from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.scenarios.house import House, hospital, ward


@pytest.fixture
def house() -> House:
    house = House(hospital(ward("M", 1, 1, 2)))
    house.lies("Ann", "M1-A")
    return house


def test_an_accepted_move_reserves_the_new_bed(house: House):
    assert house.accepts(house.suggestion("move", ("Ann", "M2-A"))) == "applied"
    assert house.reserved("Ann") == "M2-A"
    assert house.bed_of("Ann") == "M1-A"


def test_a_rejected_suggestion_changes_nothing(house: House):
    assert house.rejects(house.suggestion("move", ("Ann", "M2-A")), "the family objects") == "rejected"
    assert house.reserved("Ann") is None


def test_an_expired_suggestion_is_refused(house: House):
    suggestion = house.suggestion("move", ("Ann", "M2-A"))
    house.time_passes(hours=1)
    assert house.accepts(suggestion) == "expired"


def test_a_suggestion_whose_patient_changed_is_refused(house: House):
    suggestion = house.suggestion("move", ("Ann", "M2-A"))
    house.changes("Ann", priority=1)
    assert house.accepts(suggestion) == "outdated"


def test_a_suggestion_whose_bed_changed_is_refused(house: House):
    suggestion = house.suggestion("move", ("Ann", "M2-A"))
    house.holds("M2-A")
    assert house.accepts(suggestion) == "outdated"


def test_a_suggestion_for_a_patient_who_went_home_is_refused(house: House):
    suggestion = house.suggestion("move", ("Ann", "M2-A"))
    house.discharges("Ann")
    assert house.accepts(suggestion) == "outdated"


def test_a_suggestion_that_hides_what_it_depends_on_is_refused(house: House):
    assert house.accepts(replace(house.suggestion("move", ("Ann", "M2-A")), beds=())) == "outdated"


def test_a_suggestion_that_would_break_a_rule_is_refused(house: House):
    house.lies("Max", "M3-A", sex="M")
    assert house.accepts(house.suggestion("move", ("Ann", "M3-B"))) == "rule_broken"
    assert house.reserved("Ann") is None


def test_a_suggestion_into_an_occupied_bed_is_refused(house: House):
    house.lies("Bea", "M2-A")
    assert house.accepts(house.suggestion("move", ("Ann", "M2-A"))) == "rule_broken"


def test_a_suggestion_into_a_blocked_bed_is_refused(house: House):
    house.bed_is("M2-A", "blocked")
    assert house.accepts(house.suggestion("move", ("Ann", "M2-A"))) == "rule_broken"


def test_two_strangers_of_unlike_sex_are_not_brought_into_one_empty_room(house: House):
    house.lies("Max", "M2-A", sex="M")
    assert house.accepts(house.suggestion("swap", ("Ann", "M3-A"), ("Max", "M3-B"))) == "rule_broken"


def test_one_patient_is_not_given_two_beds(house: House):
    assert house.accepts(house.suggestion("move", ("Ann", "M2-A"), ("Ann", "M3-A"))) == "rule_broken"


def test_two_patients_are_not_given_one_bed(house: House):
    house.lies("Bea", "M2-A")
    assert house.accepts(house.suggestion("move", ("Ann", "M3-A"), ("Bea", "M3-A"))) == "rule_broken"


def test_an_accepted_swap_reserves_each_the_others_bed(house: House):
    house.lies("Max", "M2-A", sex="M")
    assert house.accepts(house.suggestion("swap", ("Ann", "M2-A"), ("Max", "M1-A"))) == "applied"
    assert (house.reserved("Ann"), house.reserved("Max")) == ("M2-A", "M1-A")
    house.swaps("Ann", "Max", bed="M2-A", other_bed="M1-A")
    assert (house.holder("M1-A"), house.holder("M2-A")) == ("Max", "Ann")
    assert house.reserved("Ann") is None
    assert not house.conflicts()


def test_an_accepted_chain_frees_a_bed_for_somebody_else():
    house = House(hospital(ward("M", 1, 1)))
    house.lies("Ann", "M1-A", sex="F")
    house.request("Max", sex="M")
    chain = house.suggestion("move", ("Ann", "M2-A"), ("Max", "M1-A"))
    assert house.accepts(chain) == "applied"
    assert (house.reserved("Ann"), house.reserved("Max")) == ("M2-A", "M1-A")


def test_an_accepted_placement_into_a_bed_still_dirty_ends_the_wait():
    house = House(hospital(ward("M", 1, turnaround_minutes=300)))
    house.bed_is("M1-A", "dirty")
    house.request("Ann")
    assert house.waits("Ann")
    assert house.accepts(house.suggestion("place", ("Ann", "M1-A"))) == "applied"
    assert house.reserved("Ann") == "M1-A"
    assert not house.waits("Ann")


def test_a_suggestion_into_a_held_bed_is_refused(house: House):
    house.holds("M2-A")
    assert house.accepts(house.suggestion("move", ("Ann", "M2-A"))) == "rule_broken"


def test_hurrying_a_discharge_reserves_nothing(house: House):
    suggestion = replace(house.suggestion("expedite_discharge", ("Ann", "M1-A")), steps=())
    assert house.accepts(suggestion) == "applied"
    assert house.reserved("Ann") is None
