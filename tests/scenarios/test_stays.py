from __future__ import annotations

from engine.core import decisions as d
from engine.core.ledger import Outcome
from engine.core.visit import Ending
from tests.scenarios.house import House, hospital, needs, ward


def two_rooms() -> House:
    return House(hospital(ward("M", 1, 1)))


# -- leave and temporary places ------------------------------------------------------------------------------------


def test_a_patient_on_leave_keeps_the_bed():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.leaves("Ann")
    assert house.visit("Ann").on_leave
    assert house.holder("M1-A") == "Ann"


def test_a_patient_back_from_leave_is_no_longer_on_leave():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.leaves("Ann")
    house.returns("Ann")
    assert not house.visit("Ann").on_leave
    assert house.bed_of("Ann") == "M1-A"


def test_the_theatre_keeps_the_patients_bed():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.locates("Ann", area="THEATRE", temporary=True)
    assert house.bed_of("Ann") == "M1-A"
    assert house.visit("Ann").place.area == "THEATRE"


def test_twenty_trips_to_imaging_cost_nobody_the_bed():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    for _ in range(20):
        house.locates("Ann", area="IMAGING", temporary=True)
    assert house.holder("M1-A") == "Ann"


def test_ten_leaves_cost_nobody_the_bed():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    for _ in range(10):
        house.leaves("Ann")
        house.returns("Ann")
    assert house.bed_of("Ann") == "M1-A"


def test_a_patient_moved_out_for_good_gives_up_the_bed():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.locates("Ann", area="ED")
    assert house.bed_of("Ann") is None
    assert house.status("M1-A") == "dirty"


def test_a_boarder_has_a_place_and_waits_for_a_bed():
    house = House(hospital(ward("M", 1)))
    house.lies("Old", "M1-A")
    house.locates("Ann", area="ED")
    house.request("Ann")
    assert house.visit("Ann").place.area == "ED"
    assert house.waits("Ann")


# -- transfers and swaps -------------------------------------------------------------------------------------------


def test_a_transfer_leaves_the_old_bed_dirty():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.locates("Ann", "M2-A")
    assert house.status("M1-A") == "dirty"
    assert house.visit("Ann").moves == 1


def test_an_older_transfer_that_arrives_late_moves_nobody():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.locates("Ann", "M2-A", hours_ago=3)
    assert house.bed_of("Ann") == "M1-A"


def test_two_patients_swap_beds_without_a_conflict():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.lies("Bea", "M2-A")
    house.swaps("Ann", "Bea", bed="M2-A", other_bed="M1-A")
    assert (house.holder("M1-A"), house.holder("M2-A")) == ("Bea", "Ann")
    assert not house.conflicts()


def test_a_swap_of_a_patient_with_themself_is_rejected():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.swaps("Ann", "Ann", bed="M2-A", other_bed="M1-A")
    assert house.outcome() is Outcome.REJECTED
    assert house.bed_of("Ann") == "M1-A"


def test_a_patient_class_changes_in_place():
    house = two_rooms()
    house.request("Ann")
    house.locates("Ann", "M1-A")
    house.changes("Ann", patient_class="observation")
    assert house.visit("Ann").patient_class == "observation"
    assert house.bed_of("Ann") == "M1-A"


# -- merges --------------------------------------------------------------------------------------------------------


def test_a_merged_visit_brings_its_bed_along():
    house = two_rooms()
    house.lies("Double", "M1-A")
    house.request("Ann")
    house.merges("Double", into="Ann")
    assert house.bed_of("Ann") == "M1-A"
    assert house.holder("M1-A") == "Ann"


def test_an_event_for_a_merged_visit_goes_to_the_one_that_goes_on():
    house = two_rooms()
    house.lies("Double", "M1-A")
    house.merges("Double", into="Ann")
    house.locates("Double", "M2-A")
    assert house.holder("M2-A") == "Ann"


def test_merges_form_chains():
    house = two_rooms()
    house.lies("One", "M1-A")
    house.merges("One", into="Two")
    house.merges("Two", into="Three")
    house.locates("One", "M2-A")
    assert house.holder("M2-A") == "Three"
    assert house.census.bed("M1-A").visit is None


def test_merged_visits_in_two_beds_are_a_conflict_and_the_later_bed_counts():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.lies("Double", "M2-A")
    house.merges("Double", into="Ann")
    assert "merged_in_two_beds" in house.conflicts()
    assert house.bed_of("Ann") == "M2-A"
    assert house.holder("M1-A") is None


def test_a_merge_that_arrives_first_waits_for_its_visit():
    house = two_rooms()
    house.merges("Double", into="Ann")
    house.lies("Double", "M1-A")
    assert house.holder("M1-A") == "Ann"


def test_a_merged_visits_reservation_is_released():
    house = House(hospital(ward("M", 1)))
    house.request("Double")
    house.merges("Double", into="Ann")
    assert house.reserved("Ann") == "M1-A"
    assert house.census.visits["Double"].reserved_bed is None


# -- cancellations -------------------------------------------------------------------------------------------------


def test_a_cancelled_admission_gives_its_reservation_back():
    house = House(hospital(ward("M", 1)))
    house.request("Ann")
    house.request("Bea")
    house.cancels_admission("Ann")
    assert house.reserved("Bea") == "M1-A"
    assert house.visit("Ann").ended is Ending.CANCELLED


def test_a_cancelled_admission_leaves_the_queue():
    house = House(hospital(ward("M", 1)))
    house.request("Ann")
    house.request("Bea")
    house.cancels_admission("Bea")
    assert house.queue() == []


def test_a_patient_asked_for_again_after_a_cancelled_admission_gets_a_bed():
    house = House(hospital(ward("M", 1)))
    house.request("Ann")
    house.cancels_admission("Ann")
    house.request("Ann")
    assert house.reserved("Ann") == "M1-A"


def test_a_cancelled_transfer_brings_the_patient_back():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    moved = house.locates("Ann", "M2-A")
    house.cancels_transfer("Ann", moved)
    assert house.bed_of("Ann") == "M1-A"
    assert house.holder("M2-A") is None


def test_a_transfer_cancelled_before_it_arrived_has_no_effect_when_it_does():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    other = two_rooms()
    other.now = house.now
    moved = other.locates("Ann", "M2-A")
    house.cancels_transfer("Ann", moved)
    house.locates("Ann", "M2-A", hours_ago=(house.now - moved.at).total_seconds() / 3600)
    assert house.bed_of("Ann") == "M1-A"


def test_a_cancelled_discharge_puts_the_patient_back_into_the_bed():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    gone = house.discharges("Ann")
    house.cancels_discharge("Ann", gone)
    assert house.holder("M1-A") == "Ann"
    assert house.visit("Ann").ended is None


def test_a_cancelled_discharge_into_a_bed_given_away_takes_it_back_from_the_plan():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    gone = house.discharges("Ann")
    house.bed_is("M1-A", "available")
    house.request("Bea")
    house.cancels_discharge("Ann", gone)
    assert house.holder("M1-A") == "Ann"
    assert house.reserved("Bea") == "M2-A"


def test_a_cancelled_discharge_that_finds_the_bed_taken_is_a_conflict_and_nobody_is_dropped():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    gone = house.discharges("Ann")
    house.lies("Bea", "M1-A")
    house.cancels_discharge("Ann", gone)
    assert "bed_taken" in house.conflicts()
    assert set(house.census.bed("M1-A").claims) == {"Ann", "Bea"}
    assert house.holder("M1-A") == "Bea"


def test_a_planned_admission_waits_for_its_day():
    house = two_rooms()
    house.schedules("Ann", in_hours=30)
    assert not house.waits("Ann")
    assert house.visit("Ann").expected_at is not None


def test_a_planned_admission_that_is_called_off_ends():
    house = two_rooms()
    house.schedules("Ann", in_hours=30)
    house.cancels_schedule("Ann")
    assert house.visit("Ann").ended is Ending.CANCELLED


def test_calling_off_the_plan_does_not_discharge_a_patient_who_is_there():
    house = two_rooms()
    house.schedules("Ann", in_hours=1)
    house.locates("Ann", "M1-A")
    house.cancels_schedule("Ann")
    assert house.holder("M1-A") == "Ann"


# -- late, early, twice, contradictory -----------------------------------------------------------------------------


def test_a_discharge_that_arrives_before_the_admission_still_counts():
    house = two_rooms()
    house.discharges("Ann")
    house.lies("Late", "M2-A")
    house.locates("Ann", "M1-A", hours_ago=5)
    assert house.visit("Ann").ended is Ending.DISCHARGED
    assert house.holder("M1-A") is None


def test_a_patient_seen_after_the_discharge_is_back_and_people_are_told():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.discharges("Ann")
    house.locates("Ann", "M2-A")
    assert house.holder("M2-A") == "Ann"
    assert "located_after_end" in house.conflicts()


def test_the_same_event_twice_counts_once():
    house = two_rooms()
    house.request("Ann", event_id="msg-1")
    house.request("Ann", event_id="msg-1")
    assert house.outcome() is Outcome.DUPLICATE
    assert house.reserved("Ann") == "M1-A"


def test_two_patients_said_to_be_in_one_bed_are_a_conflict_and_both_are_kept():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.lies("Bea", "M1-A")
    assert house.conflicts() == ["bed_taken"]
    assert house.holder("M1-A") == "Bea"
    assert house.bed_of("Ann") == "M1-A"


def test_the_other_keeps_the_bed_when_one_of_two_leaves_it():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.lies("Bea", "M1-A")
    house.discharges("Bea")
    assert house.holder("M1-A") == "Ann"
    assert house.status("M1-A") == "available"


def test_a_bed_the_map_does_not_know_is_an_unmapped_place_and_the_old_bed_is_free():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.locates("Ann", "X9-A")
    assert house.visit("Ann").place.area == "unmapped X9-A"
    assert house.holder("M1-A") is None
    assert house.conflicts() == ["bed_not_on_map"]


def test_newer_needs_win_over_older_ones_that_arrive_later():
    house = two_rooms()
    house.request("Ann")
    house.changes("Ann", needs=needs("surgery"))
    house.changes("Ann", needs=needs("oncology"), hours_ago=0.02)
    assert house.visit("Ann").needs.service == "surgery"


def test_a_stay_that_ended_a_month_ago_is_forgotten():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.discharges("Ann")
    house.time_passes(hours=24 * 31)
    assert house.last(d.VisitsForgotten)[0].visits == ("Ann",)
    assert house.census.visit("Ann") is None


def test_an_event_from_next_year_is_rejected():
    house = two_rooms()
    house.lies("Ann", "M1-A")
    house.discharges("Ann", hours_ago=-24 * 365)
    assert house.outcome() is Outcome.REJECTED
    assert house.holder("M1-A") == "Ann"
