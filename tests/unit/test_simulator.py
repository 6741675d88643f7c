"""The simulated house: the same for a seed, close to the public figures, full from the first hour."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from engine.adapters.stay_strata import StrataForecaster
from engine.core.events import (
    MapChanged,
    PatientLocated,
    PlacementRequested,
    SuggestionAccepted,
    SuggestionRejected,
    VisitDischarged,
    VisitScheduled,
)
from engine.core.layout import layout_for_beds
from engine.core.ledger import Outcome
from engine.core.suggestion import Step, Suggestion, SuggestionKind
from engine.core.terms import AdmissionType, BedKind, Precaution
from producers.arrivals import Arrivals
from producers.calibration import EMERGENCY_HOURS
from producers.driver import LockstepDriver
from producers.opening_day import occupants
from producers.rehearsal import Rehearsal
from producers.simulator import ACTOR, House
from tests.sinks import MemorySink

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
MAP = layout_for_beds("H", 300)


def lived(days, seed=1, maps=(MAP,)):
    """Everything that happened and was decided in so many days, and the engine that decided."""
    kept = MemorySink()
    engine = Rehearsal(StrataForecaster(), kept)
    houses = [House(one, seed, START) for one in maps]
    windows = []
    LockstepDriver(houses, engine, engine, START).run(START + timedelta(days=days), windows.append)
    return [one.event for one in kept.kept], windows, engine, houses


@pytest.fixture(scope="module")
def fortnight():
    return lived(14)


@pytest.fixture(scope="module")
def a_year_of_stays():
    arrivals = Arrivals(MAP, seed=7, load=0.9)
    days = [START.date() + timedelta(days=day) for day in range(364)]
    return [stay for day in days for planned in (False, True) for stay in arrivals.on(day, planned=planned)]


def test_the_same_seed_gives_the_same_fortnight_and_another_one_does_not(fortnight):
    assert lived(3)[0] == lived(3)[0]
    assert lived(3)[0] == fortnight[0][: len(lived(3)[0])]
    assert lived(3, seed=2)[0] != lived(3)[0]


def test_nothing_the_house_says_is_rejected_or_contradicts_itself(fortnight):
    _, windows, _, _ = fortnight
    records = [record for window in windows for record in window.records]
    assert {record.outcome for record in records} <= {Outcome.APPLIED, Outcome.NO_CHANGE}
    assert not [one for record in records for one in record.decisions if type(one).__name__ == "ConflictRecorded"]


def test_events_come_in_order_of_time_with_ids_of_their_own(fortnight):
    events, _, _, _ = fortnight
    assert events == sorted(events, key=lambda event: event.at)
    assert len({event.event_id for event in events}) == len(events)


def test_the_engine_and_the_house_agree_on_who_lies_where(fortnight):
    _, _, engine, (house,) = fortnight
    held = {bed: state.visit for bed, state in engine.censuses["H"].beds.items() if state.visit is not None}
    assert held == house.responder.lies_in


def test_the_house_is_as_full_in_the_first_hour_as_in_the_second_week(fortnight):
    events, _, _, (house,) = fortnight
    assert isinstance(events[0], MapChanged)
    opening = [one for one in events if one.at == START and isinstance(one, PatientLocated)]
    assert all(one.admitted_at < START for one in opening)
    beds = {one.place.bed for one in opening if MAP.spots[one.place.bed].bed.kind is BedKind.BED}
    aim = sum(inflow.mean_patients for inflow in house.arrivals.inflows)
    assert len(beds) == pytest.approx(aim, rel=0.1)
    assert len(house.responder.lies_in) == pytest.approx(len(opening), rel=0.15)


def test_long_stays_are_found_in_bed_more_often_than_they_come():
    arrivals = Arrivals(MAP, seed=1, load=0.9)
    here = occupants(arrivals, START, seed=1)
    ages = [(START - one.admitted_at) / timedelta(days=1) for one in here]
    coming = [
        (stay.leaves_at - stay.arrives_at) / timedelta(days=1)
        for day in range(28)
        for stay in arrivals.on(START.date() + timedelta(days=day), planned=False)
    ]
    whole = [(one.stay.leaves_at - one.admitted_at) / timedelta(days=1) for one in here]
    assert fmean(whole) > 1.4 * fmean(coming)
    assert fmean(ages) == pytest.approx(fmean(whole) / 2, rel=0.25)


def test_admissions_come_by_type_and_weekday_as_in_the_figures(a_year_of_stays):
    inpatients = [stay for stay in a_year_of_stays if stay.needs.service != "observation"]
    babies = sum(stay.baby is not None for stay in inpatients)
    whole = len(inpatients) + babies
    types = Counter(stay.admission.admission_type for stay in inpatients)
    assert types[AdmissionType.EMERGENCY] / whole == pytest.approx(0.665, abs=0.04)
    assert types[AdmissionType.ELECTIVE] / whole == pytest.approx(0.162, abs=0.03)
    assert babies / whole == pytest.approx(0.090, abs=0.03)
    planned = [stay.arrives_at.weekday() for stay in inpatients if stay.scheduled_at]
    assert sum(day >= 5 for day in planned) / len(planned) == pytest.approx(0.082, abs=0.02)
    others = [stay.arrives_at.weekday() for stay in inpatients if not stay.scheduled_at]
    assert sum(day >= 5 for day in others) / len(others) == pytest.approx(0.233, abs=0.02)


def test_people_come_to_the_emergency_department_by_the_hour_profile(a_year_of_stays):
    hours = [stay.arrives_at.hour for stay in a_year_of_stays if stay.area == "ED"]
    for start, end, share in EMERGENCY_HOURS:
        assert sum(start <= hour < end for hour in hours) / len(hours) == pytest.approx(share, abs=0.02)


def test_stays_are_as_long_as_in_the_figures_and_the_longer_they_last_the_longer_they_go_on(a_year_of_stays):
    days = [(stay.leaves_at - stay.arrives_at) / timedelta(days=1) for stay in a_year_of_stays]
    inpatient = [
        (stay.leaves_at - stay.arrives_at) / timedelta(days=1)
        for stay in a_year_of_stays
        if stay.needs.service != "observation"
    ]
    assert fmean(inpatient) == pytest.approx(5.81, rel=0.12)
    residuals = [fmean(day - stayed for day in days if day > stayed) for stayed in (3, 7, 14)]
    assert residuals == pytest.approx([6.2, 8.6, 11.5], rel=0.25)
    assert residuals == sorted(residuals)


def test_people_leave_in_the_afternoon(a_year_of_stays):
    hours = sorted(stay.leaves_at.hour for stay in a_year_of_stays)
    assert sum(hour < 12 for hour in hours) / len(hours) == pytest.approx(0.13, abs=0.02)
    assert sum(hour < 15 for hour in hours) / len(hours) == pytest.approx(0.42, abs=0.02)
    assert hours[len(hours) // 2] == 15


def test_about_a_tenth_of_adults_need_precautions(a_year_of_stays):
    adults = [stay.needs for stay in a_year_of_stays if stay.needs.age_years >= 18]
    isolated = [needs for needs in adults if needs.precautions - {Precaution.PROTECTIVE}]
    assert len(isolated) / len(adults) == pytest.approx(0.095, abs=0.02)


def test_planned_patients_are_announced_before_they_come(fortnight):
    events, _, _, _ = fortnight
    announced = {one.visit: one.expected_at for one in events if isinstance(one, VisitScheduled)}
    came = {}
    for one in events:
        if isinstance(one, PlacementRequested) and one.visit in announced:
            came.setdefault(one.visit, one.at)  # later requests are transfers
    assert len(came) > 50
    assert all(at == announced[visit] for visit, at in came.items())
    assert all(one.at <= one.expected_at for one in events if isinstance(one, VisitScheduled))


def test_babies_come_after_their_mothers_and_lie_in_bassinets(fortnight):
    events, _, _, _ = fortnight
    babies = [one for one in events if isinstance(one, PlacementRequested) and one.needs.newborn]
    mothers = {one.visit for one in events if isinstance(one, PatientLocated | PlacementRequested)}
    assert len(babies) > 20
    assert all(one.needs.mother in mothers for one in babies)


def test_patients_move_into_the_bed_they_were_given_at_least_a_transport_later(fortnight):
    _, windows, _, _ = fortnight
    given = {}
    moved = 0
    for record in (one for window in windows for one in window.records):
        for decision in record.decisions:
            if type(decision).__name__ == "BedAssigned":
                given[decision.visit, decision.bed] = record.lane_time
    for event in (one for window in windows for one in window.events):
        key = (event.visit, event.place.bed) if isinstance(event, PatientLocated) else None
        if key in given and event.at > given[key]:
            moved += 1
            assert event.at - given[key] >= timedelta(minutes=14, seconds=59)
            del given[key]
    assert moved > 400


def test_a_patient_leaves_once_and_is_not_heard_of_again(fortnight):
    events, _, _, _ = fortnight
    gone = set()
    for event in events:
        assert getattr(event, "visit", None) not in gone
        if isinstance(event, VisitDischarged):
            gone.add(event.visit)


def test_several_houses_live_side_by_side_and_each_as_if_alone():
    small = layout_for_beds("S", 60)
    both = lived(2, maps=(MAP, small))[0]
    assert [one for one in both if one.facility == "S"] == lived(2, maps=(small,))[0]


def suggestion(number, gain=10.0):
    return Suggestion(
        suggestion_id=f"s{number}",
        plan_id="p",
        kind=SuggestionKind.MOVE,
        steps=(Step(visit=f"v{number}", to_bed="B", from_bed="A"),),
        gain=gain,
        reason="",
        expires_at=START + timedelta(minutes=30),
    )


def test_nine_in_ten_worthwhile_suggestions_are_taken_by_a_labelled_bed_manager():
    house = House(layout_for_beds("S", 20), 1, START)
    answers = [house.answer(suggestion(number), START) for number in range(300)]
    assert {one.actor for one in answers} == {ACTOR}
    assert sum(isinstance(one, SuggestionAccepted) for one in answers) / 300 == pytest.approx(0.9, abs=0.05)
    assert answers == [house.answer(suggestion(number), START) for number in range(300)]


def test_a_suggestion_that_gains_nothing_is_declined():
    house = House(layout_for_beds("S", 20), 1, START)
    assert isinstance(house.answer(suggestion(1, gain=0.0), START), SuggestionRejected)


@pytest.mark.parametrize("beds", [20, 60, 1000])
def test_houses_of_every_size_live(beds):
    _, windows, engine, _ = lived(2, maps=(layout_for_beds("H", beds),))
    assert not [one for window in windows for one in window.records if one.outcome is Outcome.REJECTED]
    assert len(engine.censuses["H"].waiting()) <= beds * 0.1
