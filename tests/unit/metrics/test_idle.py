"""Idle bed-time: what counts, and that following changes gives the same as looking at every bed all the time."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adapters.house_meter import HouseMeter
from engine.adapters.idle import BedUse, use_of
from engine.core.census import Census
from engine.core.ledger import Record
from engine.core.state import BedState
from engine.core.terms import BedStatus

from .life import Life


def watched() -> tuple[Life, HouseMeter]:
    meter = HouseMeter()
    return Life(meter.follow), meter


def hours(meter: HouseMeter, ward: str, use: BedUse) -> float:
    return meter.idle.bed_time().get((ward, use), timedelta()).total_seconds() / 3600


@pytest.mark.parametrize(
    ("state", "use"),
    [
        (BedState(), BedUse.CLEAN_EMPTY),
        (BedState(claims=("a",)), BedUse.OCCUPIED),
        (BedState(claims=("a",), status=BedStatus.CLOSED), BedUse.OCCUPIED),
        (BedState(status=BedStatus.DIRTY, reserved_for="a"), BedUse.DIRTY),
        (BedState(status=BedStatus.CLEANING), BedUse.CLEANING),
        (BedState(status=BedStatus.BLOCKED), BedUse.BLOCKED),
        (BedState(status=BedStatus.CLOSED, held="painters"), BedUse.CLOSED),
        (BedState(held="tap leaks", reserved_for="a"), BedUse.HELD),
        (BedState(reserved_for="a"), BedUse.RESERVED),
    ],
)
def test_a_bed_is_in_one_use_at_a_time(state: BedState, use: BedUse) -> None:
    assert use_of(state) is use


def test_idle_is_open_and_not_occupied() -> None:
    idle = {use for use in BedUse if use.is_idle}
    assert idle == set(BedUse) - {BedUse.OCCUPIED, BedUse.CLOSED}


def test_an_empty_house_is_idle_but_for_its_closed_surge_beds() -> None:
    life, meter = watched()
    life.passes(0)
    life.passes(10)
    assert hours(meter, "M", BedUse.CLEAN_EMPTY) == 30
    assert hours(meter, "M", BedUse.CLOSED) == 10
    assert meter.idle.idle_ratio == 1.0


def test_a_stay_is_reserved_then_occupied_then_dirty_then_clean() -> None:
    life, meter = watched()
    life.asks("a", 0)
    life.lies("a", "M1-1", 2)
    life.leaves("a", 7)
    life.bed_is("M1-1", BedStatus.CLEANING, 8)
    life.bed_is("M1-1", BedStatus.AVAILABLE, 9)
    life.passes(10)
    assert hours(meter, "M", BedUse.RESERVED) == 2
    assert hours(meter, "M", BedUse.OCCUPIED) == 5
    assert hours(meter, "M", BedUse.DIRTY) == 1
    assert hours(meter, "M", BedUse.CLEANING) == 1
    assert meter.idle.idle_ratio == pytest.approx(55 / 60)


def test_the_bed_of_a_patient_who_never_came_is_empty_again() -> None:
    life, meter = watched()
    life.asks("a", 0)
    life.leaves("a", 3)
    life.passes(10)
    assert hours(meter, "M", BedUse.RESERVED) == 3
    assert hours(meter, "M", BedUse.CLEAN_EMPTY) == 27


def test_a_bed_kept_during_leave_is_occupied() -> None:
    life, meter = watched()
    life.lies("a", "M1-1", 0)
    life.goes_on_leave("a", 1)
    life.passes(5)
    assert hours(meter, "M", BedUse.OCCUPIED) == 5


def test_a_record_seen_twice_counts_once() -> None:
    life, meter = watched()
    life.lies("a", "M1-1", 0)
    again = life.passes(5)
    before = meter.idle.bed_time()
    assert meter.follow(life.census, again) is None
    assert meter.idle.bed_time() == before


def test_time_that_another_worker_had_the_lane_is_left_to_it() -> None:
    life, meter = watched()
    life.lies("a", "M1-1", 0)
    life.passes(1)
    life.watchers.clear()
    life.lies("b", "M2-1", 2)
    life.passes(20)
    life.watchers.append(meter.follow)
    life.passes(21)
    life.passes(23)
    assert hours(meter, "M", BedUse.OCCUPIED) == 1 + 2 * 2
    assert meter.idle.beds()["M", BedUse.OCCUPIED] == 2


class BruteForce:
    """Looks at every bed at every record."""

    def __init__(self) -> None:
        self.time: dict[tuple[str, BedUse], timedelta] = defaultdict(timedelta)
        self._uses: list[tuple[str, BedUse]] = []
        self._at: datetime | None = None

    def follow(self, census: Census, record: Record) -> None:
        for key in self._uses if self._at is not None else []:
            self.time[key] += record.lane_time - (self._at or record.lane_time)
        spots = census.facility.spots if census.facility else {}
        self._uses = [(spot.ward.id, use_of(census.bed(bed))) for bed, spot in spots.items()]
        self._at = record.lane_time


BEDS = st.sampled_from(["M1-1", "M2-1", "M3-1", "M3-2", "S1-1", "S3-2"])
VISITS = st.sampled_from("abcdef")
HAPPENINGS = st.one_of(
    st.tuples(st.just("asks"), VISITS),
    st.tuples(st.just("lies"), VISITS, BEDS),
    st.tuples(st.just("leaves"), VISITS),
    st.tuples(st.just("goes_on_leave"), VISITS),
    st.tuples(st.just("bed_is"), BEDS, st.sampled_from(BedStatus)),
    st.tuples(st.just("holds"), BEDS),
    st.tuples(st.just("lets_go"), BEDS),
    st.tuples(st.just("passes")),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), HAPPENINGS), min_size=15, max_size=40))
def test_following_changes_gives_the_same_as_looking_at_every_bed(
    happenings: list[tuple[int, tuple[object, ...]]],
) -> None:
    meter, brute = HouseMeter(), BruteForce()
    life = Life(meter.follow, brute.follow)
    minutes = 0
    for later, (what, *of) in happenings:
        minutes += later
        getattr(life, str(what))(*of, minutes / 60)
    assert {k: v for k, v in meter.idle.bed_time().items() if v} == {k: v for k, v in brute.time.items() if v}
    fresh = HouseMeter()
    fresh.start(life.census, life.census.lane_time) if life.census.lane_time else None
    assert fresh.off_service == meter.off_service
    assert fresh.waiting_by_priority() == meter.waiting_by_priority()
