"""The figures of a house, in the words of its summary."""

from __future__ import annotations

import pytest

from engine.adapters.house_figures import HouseFigures, nearest_rank
from engine.core.census import Census
from engine.core.ledger import apply_record
from engine.core.terms import BedStatus

from .life import HOUSE, START, Life


def two_days(figures: HouseFigures) -> Life:
    """Four ask for medicine, where two beds are free: one goes to surgery's ward, one waits, and one moves there."""
    life = Life(figures.follow)
    life.lies("resident", "M3-1", 0)
    for bed in ("S2-1", "S3-1"):
        life.bed_is(bed, BedStatus.BLOCKED, 0)
    for visit, hour in (("a", 1), ("b", 2), ("c", 3), ("d", 4)):
        life.asks(visit, hour)
    life.lies("a", "M1-1", 2)
    life.lies("b", "M2-1", 3)
    life.lies("c", "S1-1", 5)
    life.leaves("a", 10)
    life.bed_is("M1-1", BedStatus.AVAILABLE, 12)
    life.lies("d", "M1-1", 13)
    life.lies("b", "S2-1", 20)
    life.passes(48)
    return life


def test_the_summary_counts_arrivals_beds_given_and_moves() -> None:
    figures = HouseFigures()
    two_days(figures)
    summary = figures.summary()
    assert summary["days"] == 2.0
    assert summary["arrived"] == 4
    assert summary["moves"] == 1
    assert summary["placed"] + summary["waiting"] == 4


def test_the_wait_of_a_patient_who_got_the_next_clean_bed_is_counted_in_lane_time() -> None:
    figures = HouseFigures()
    two_days(figures)
    summary = figures.summary()
    assert summary["p95_wait_hours"] == 6.0  # d asked at 4 and was given a's bed, dirty since 10
    assert summary["mean_wait_hours"] == 1.5


def test_patients_on_another_services_ward_are_off_service() -> None:
    figures = HouseFigures()
    two_days(figures)
    assert figures.meter.off_service == {"b", "c"}
    assert figures.summary()["off_service"] == 2


def test_the_same_records_give_the_same_summary_whoever_reads_them() -> None:
    live, reader = HouseFigures(), HouseFigures()
    census = Census(HOUSE)
    for record in two_days(live).records:
        apply_record(census, record)
        reader.follow(census, record)
    assert reader.summary() == live.summary()


def test_residents_of_a_house_taken_over_do_not_count_as_arrived() -> None:
    life = two_days(HouseFigures())
    figures = HouseFigures()
    figures.start(life.census, START)
    life.watchers = [figures.follow]
    life.asks("b", 50, service="surgery")
    life.asks("new", 51, service="surgery")
    assert figures.summary()["arrived"] == 1


def test_suggestions_are_counted_when_published() -> None:
    figures = HouseFigures()
    figures.suggested(2)
    figures.suggested(1)
    assert figures.summary()["suggestions"] == 3


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.95, 4.0), (1.0, 4.0), (0.01, 1.0)])
def test_a_percentile_is_a_figure_that_occurred(share: float, expected: float) -> None:
    assert nearest_rank([4.0, 1.0, 3.0, 2.0], share) == expected
    assert nearest_rank([], share) == 0.0
