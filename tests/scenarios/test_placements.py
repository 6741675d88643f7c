from __future__ import annotations

from engine.core import decisions as d
from engine.core.reasons import CostTerm, Refusal
from engine.core.terms import Level, Pressure
from tests.scenarios.house import House, hospital, nights, room, ward


def test_a_patient_gets_a_bed_on_the_home_ward_of_the_service():
    house = House(hospital(ward("S", 1, service="surgery"), ward("T", 1, service="medicine")))
    house.request("Ann", service="medicine")
    assert house.reserved("Ann") == "T1-A"


def test_a_reserved_bed_becomes_the_patients_when_adt_puts_them_there():
    house = House(hospital(ward("M", 1)))
    house.request("Ann")
    house.locates("Ann", "M1-A")
    assert house.holder("M1-A") == "Ann"
    assert house.reserved("Ann") is None
    assert not house.conflicts()


def test_a_related_service_comes_before_a_foreign_one():
    house = House(hospital(ward("A", 1, service="surgery"), ward("B", 1, service="cardiology", related="medicine")))
    house.request("Ann", service="medicine")
    assert house.reserved("Ann") == "B1-A"


def test_of_equal_beds_the_lowest_id_is_taken():
    house = House(hospital(ward("M", 1, 1, 1)))
    house.request("Ann")
    assert house.reserved("Ann") == "M1-A"


def test_a_second_woman_joins_a_room_of_women_rather_than_opening_an_empty_one():
    house = House(hospital(ward("M", 2, 2)))
    house.lies("Ann", "M2-A")
    house.request("Bea")
    assert house.reserved("Bea") == "M2-B"


def test_a_choice_says_what_it_costs_and_why():
    house = House(hospital(ward("S", 1, service="surgery")), forecast=nights(4))
    house.request("Ann", service="medicine")
    choice = house.last(d.BedAssigned)[0].choice
    assert CostTerm.OFF_SERVICE in choice.terms
    assert "off service" in choice.sentence("S1-A")


def test_a_short_stay_makes_a_foreign_ward_cheaper():
    costs = []
    for mean in (1, 12):
        house = House(hospital(ward("S", 1, service="surgery")), forecast=nights(mean))
        house.request("Ann", service="medicine")
        costs.append(house.last(d.BedAssigned)[0].choice.cost)
    assert costs[0] < costs[1]


def test_where_adt_says_a_patient_lies_wins_over_the_plan():
    house = House(hospital(ward("M", 1, 1)))
    house.request("Ann")
    house.locates("Ann", "M2-A")
    assert house.bed_of("Ann") == "M2-A"
    assert house.census.bed("M1-A").is_open


def test_whoever_is_put_into_a_bed_kept_for_another_has_it_and_the_other_is_placed_anew():
    house = House(hospital(ward("M", 1, 1)))
    house.request("Ann")
    house.lies("Bea", "M1-A")
    assert house.holder("M1-A") == "Bea"
    assert house.reserved("Ann") == "M2-A"


def test_a_patient_who_needs_intensive_care_gets_no_lower_bed():
    house = House(hospital(ward("M", 1)))
    house.request("Ann", level=Level.INTENSIVE)
    assert house.waits("Ann")
    assert house.why("Ann") == {Refusal.LEVEL_TOO_LOW}


def test_a_higher_level_serves_when_nothing_else_is_free():
    house = House(hospital(ward("I", 1, service="intensive_care", level=Level.INTENSIVE)))
    house.request("Ann", service="medicine")
    assert house.reserved("Ann") == "I1-A"


def test_an_acute_patient_takes_an_acute_bed_even_off_service_before_intensive_care():
    wards = (ward("I", 1, service="intensive_care", level=Level.INTENSIVE), ward("S", 1, service="surgery"))
    house = House(hospital(*wards))
    house.request("Ann", service="medicine")
    assert house.reserved("Ann") == "S1-A"


def test_a_step_down_patient_gets_step_down():
    wards = (
        ward("D", 1, service="step_down", level=Level.STEP_DOWN),
        ward("I", 1, service="intensive_care", level=Level.INTENSIVE),
    )
    house = House(hospital(*wards))
    house.request("Ann", level=Level.STEP_DOWN)
    assert house.reserved("Ann") == "D1-A"


def test_a_bed_without_the_equipment_needed_is_refused():
    house = House(hospital(ward("M", 1, room("M2", equipment="telemetry"))))
    house.request("Ann", equipment="telemetry")
    house.request("Bea", equipment="telemetry")
    assert house.reserved("Ann") == "M2-A"
    assert house.why("Bea") == {Refusal.EQUIPMENT_MISSING, Refusal.NOT_AVAILABLE}


def test_a_patient_who_needs_no_telemetry_leaves_the_telemetry_bed():
    house = House(hospital(ward("M", room("M1", equipment="telemetry"), 1)))
    house.request("Ann")
    assert house.reserved("Ann") == "M2-A"


def test_the_last_intensive_bed_is_dearer_than_one_of_many():
    costs = []
    for free in (1, 6):
        icu = ward("I", *[1] * 6, service="intensive_care", level=Level.INTENSIVE)
        house = House(hospital(icu), forecast=nights(5))
        for taken in range(6 - free):
            house.lies(f"P{taken}", f"I{taken + 1}-A", level=Level.INTENSIVE)
        house.time_passes(hours=2)
        house.request("Ann", service="medicine")
        costs.append(house.last(d.BedAssigned)[0].choice.terms[CostTerm.SHORTAGE])
    assert costs[0] > costs[1]


def test_the_last_telemetry_bed_at_home_is_kept_for_a_bed_off_service():
    wards = (
        ward("C", room("C1", equipment="telemetry"), service="cardiology"),
        ward("O", 1, service="orthopaedics", related="cardiology"),
    )
    house = House(hospital(*wards), forecast=nights(5))
    for _ in range(3):
        house.request(f"T{_}", service="cardiology", equipment="telemetry")
        house.cancels_admission(f"T{_}")
    house.time_passes(hours=25)
    house.request("Ann", service="cardiology")
    assert house.reserved("Ann") == "O1-A"


def test_a_room_with_its_own_air_is_left_to_those_who_need_it():
    house = House(hospital(ward("M", room("M1", pressure=Pressure.NEGATIVE), 1)))
    house.request("Ann")
    assert house.reserved("Ann") == "M2-A"


def test_a_patient_already_in_a_bed_is_not_placed_without_a_request():
    house = House(hospital(ward("M", 1, 1)))
    house.lies("Ann", "M1-A")
    house.changes("Ann", priority=1)
    assert house.reserved("Ann") is None
    assert not house.waits("Ann")
