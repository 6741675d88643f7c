"""The generated house is one a bed manager would recognise."""

import pytest

from engine.core.facility import Facility, MapError
from engine.core.layout import layout_for_beds, layout_for_demand, usual_demand
from engine.core.services import ADMISSION_TYPE_SHARES, SERVICE_SHARES, SERVICES, admission_share
from engine.core.sizing import REFUSED_SHARE, Demand, beds_for, refused_share
from engine.core.terms import BedKind, Equipment, Level, Pressure


def staffed(facility: Facility) -> int:
    return sum(spot.bed.kind is BedKind.BED and not spot.bed.surge for spot in facility.spots.values())


@pytest.mark.parametrize("beds", [15, 16, 49, 50, 99, 100, 149, 150, 300, 1000])
def test_a_house_has_exactly_the_beds_asked_for(beds: int) -> None:
    assert staffed(layout_for_beds("h", beds)) == beds


def test_the_same_request_gives_the_same_house() -> None:
    assert layout_for_beds("h", 120, seed=4) == layout_for_beds("h", 120, seed=4)
    assert layout_for_beds("h", 120, seed=4) != layout_for_beds("h", 120, seed=5)


def test_every_level_of_care_and_every_kind_of_air_is_there() -> None:
    facility = layout_for_beds("h", 300)
    assert {ward.level for ward in facility.wards} == set(Level)
    assert {room.pressure for ward in facility.wards for room in ward.rooms} == set(Pressure)
    offered = {item for spot in facility.spots.values() for item in spot.bed.equipment}
    assert offered == set(Equipment)


def test_a_room_with_air_of_its_own_is_a_single() -> None:
    rooms = [room for ward in layout_for_beds("h", 300).wards for room in ward.rooms]
    assert all(room.capacity == 1 for room in rooms if room.pressure is not Pressure.NEUTRAL)


def test_every_intensive_bed_has_a_ventilator() -> None:
    wards = [ward for ward in layout_for_beds("h", 300).wards if ward.level is Level.INTENSIVE]
    assert all(Equipment.VENTILATOR in bed.equipment for ward in wards for room in ward.rooms for bed in room.beds)


def test_newborns_lie_beside_their_mothers() -> None:
    bassinets = [spot for spot in layout_for_beds("h", 300).spots.values() if spot.bed.kind is BedKind.BASSINET]
    assert bassinets
    assert all(spot.ward.service == "maternity" and spot.room.capacity for spot in bassinets)


def test_every_patient_of_a_larger_house_has_a_home_ward() -> None:
    assert {service.home for service in SERVICES.values()} <= set(layout_for_beds("h", 150).services)


def test_acute_patients_of_a_small_house_are_at_least_related_on_the_medical_ward() -> None:
    medicine = next(ward for ward in layout_for_beds("h", 20).wards if ward.service == "medicine")
    assert {"cardiology", "neurology", "oncology", "orthopaedics"} <= medicine.related_services


@pytest.mark.parametrize("beds", [50, 300, 1000])
def test_a_house_carries_its_usual_demand_below_the_target(beds: int) -> None:
    demand = usual_demand(beds)
    assert sum(one.load for one in demand if one.service != "newborn") <= 0.85 * beds


def test_demand_sizes_each_service_at_each_level() -> None:
    asked = [Demand("cardiology", 5.0, 4.0), Demand("cardiology", 1.0, 3.0, Level.STEP_DOWN), Demand("burns", 0.5, 9.0)]
    facility = layout_for_demand("h", asked)
    assert {(ward.service, ward.level) for ward in facility.wards} == {(one.service, one.level) for one in asked}
    assert staffed(facility) == sum(beds_for(one.load, 0.85) for one in asked)


def test_erlangs_formula_gives_its_published_values() -> None:
    # Erlang B tables: 10 erlangs on 10 servers lose 21.46 %, 100 on 100 lose 7.57 %.
    assert refused_share(10, 10) == pytest.approx(0.2146, abs=1e-4)
    assert refused_share(100, 100) == pytest.approx(0.0757, abs=1e-4)


@pytest.mark.parametrize("load", [0.1, 1.0, 7.0, 40.0, 300.0])
def test_no_fewer_beds_would_do(load: float) -> None:
    beds = beds_for(load, 0.85)
    assert load / beds <= 0.85
    assert refused_share(load, beds) <= REFUSED_SHARE
    assert load / (beds - 1 or 1e-9) > 0.85 or refused_share(load, beds - 1) > REFUSED_SHARE


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: layout_for_beds("h", 3), "3 beds cannot be laid out"),
        (lambda: layout_for_beds("h", 300, target_occupancy=1.2), "must lie between 0 and 1"),
        (lambda: layout_for_demand("h", []), "no demand"),
        (lambda: layout_for_demand("h", [Demand("newborn", 1.0, 2.0)]), "add demand for `maternity`"),
        (lambda: Demand("medicine", -1.0, 2.0), "admissions_per_day of 'medicine'"),
    ],
)
def test_an_impossible_request_is_refused_in_one_sentence(make: object, told: str) -> None:
    with pytest.raises(MapError, match=told):
        make()  # type: ignore[operator]


def test_shares_add_up() -> None:
    assert sum(ADMISSION_TYPE_SHARES.values()) == pytest.approx(1.0)
    assert all(sum(row.values()) == pytest.approx(1.0) for row in SERVICE_SHARES.values())
    assert sum(admission_share(name) for name in SERVICES if name != "observation") == pytest.approx(1.0)


def test_there_is_a_mother_for_nearly_every_newborn() -> None:
    assert admission_share("maternity") == pytest.approx(admission_share("newborn"), rel=0.05)
