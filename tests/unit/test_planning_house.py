"""From a house to suggestions: what the planner proposes, and that each proposal can be carried out in order."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from engine.adapters.planner_job import decode_plan, decode_snapshot, encode_snapshot, plan
from engine.core import events as e
from engine.core.census import Census
from engine.core.decisions import AnswerOutcome, SuggestionAnswered
from engine.core.facility import BedPlace, Facility, Room, Ward
from engine.core.ledger import Arrival, Opening, Position, apply_record, step
from engine.core.policy import Deferral, Planning, Policy
from engine.core.suggestion import SuggestionKind
from engine.core.terms import Level, Precaution, Sex
from engine.planning.message import NothingToPlanError, plan_house
from engine.planning.optimise import optimise
from engine.planning.problem import check
from engine.planning.window import window_of

DAWN = datetime(2026, 3, 2, 6, tzinfo=UTC)


def a_room(name, beds=1):
    return Room(id=name, beds=tuple(BedPlace(id=f"{name}{letter}") for letter in "ABCD"[:beds]))


def a_ward(name, service, *rooms, level=Level.ACUTE, related=()):
    return Ward(id=name, service=service, rooms=rooms, level=level, related_services=frozenset(related))


SMALL_HOUSE = Facility(
    id="H",
    wards=(
        a_ward("ICU", "intensive_care", a_room("I1"), a_room("I2"), level=Level.INTENSIVE),
        a_ward("MED", "medicine", a_room("M1"), a_room("M2", beds=2), related=("surgery",)),
        a_ward("SUR", "surgery", a_room("S1"), a_room("S2")),
    ),
)


class Story:
    """A house told event by event; hours count from DAWN."""

    def __init__(self, facility=SMALL_HOUSE, policy=None):
        self.census = Census(facility.id)
        self.opening = Opening(facility, policy or Policy(), "none")
        self.told = 0

    def tell(self, kind, hours=0.0, **facts):
        self.told += 1
        at = DAWN + timedelta(hours=hours)
        event = kind(event_id=f"e{self.told}", facility=self.census.facility_id, at=at, source="test", **facts)
        record = step(self.census, Arrival(event, Position("t", 0, self.told), at), {}, self.opening)
        apply_record(self.census, record)
        return record.decisions

    def lies(self, visit, bed, service="medicine", hours=0.0, **needs):
        said = a_patient(service, **needs)
        self.tell(e.PatientLocated, hours, visit=visit, place=e.Place(bed=bed), needs=said)

    def asks(self, visit, service="medicine", hours=0.0, **needs):
        self.tell(e.PlacementRequested, hours, visit=visit, needs=a_patient(service, **needs))


def a_patient(service, **needs):
    return e.Needs(service=service, **({"sex": Sex.FEMALE, "age_years": 60} | needs))


@pytest.fixture
def full_intensive_care():
    """A medical patient and an intensive one fill intensive care; an intensive patient waits; a medical bed is open."""
    story = Story()
    story.lies("low", "I1A")
    story.lies("high", "I2A", "intensive_care", level=Level.INTENSIVE)
    story.tell(e.TimePassed, 30.0)
    story.asks("urgent", "intensive_care", 30.0, level=Level.INTENSIVE)
    story.tell(e.TimePassed, 33.0)
    return story


def test_a_patient_who_needs_less_is_moved_to_free_intensive_care_for_one_who_waits(full_intensive_care):
    message = plan_house(full_intensive_care.census, 2.0, seed=1)
    first = message.suggestions[0]
    assert first.kind is SuggestionKind.MOVE
    assert [(s.visit, s.from_bed, s.to_bed) for s in first.steps] == [("low", "I1A", "M1A"), ("urgent", None, "I1A")]
    assert first.gain > 8
    assert "who has waited 3.0 h" in first.reason
    assert first.expires_at == DAWN + timedelta(hours=33.5)


def test_the_engine_carries_out_an_accepted_suggestion_in_order(full_intensive_care):
    message = plan_house(full_intensive_care.census, 2.0, seed=1)
    decisions = full_intensive_care.tell(e.SuggestionAccepted, 33.1, suggestion=message.suggestions[0])
    answers = [one for one in decisions if isinstance(one, SuggestionAnswered)]
    assert [one.outcome for one in answers] == [AnswerOutcome.APPLIED]
    assert full_intensive_care.census.visits["urgent"].reserved_bed == "I1A"
    assert full_intensive_care.census.visits["low"].reserved_bed == "M1A"


def test_a_suggestion_names_the_versions_it_depends_on_and_is_refused_once_one_has_changed(full_intensive_care):
    suggestion = plan_house(full_intensive_care.census, 2.0, seed=1).suggestions[0]
    assert [one.id for one in suggestion.visits] == ["low", "urgent"]
    assert [one.id for one in suggestion.beds] == ["I1A", "M1A"]
    full_intensive_care.tell(e.BedHeld, 33.05, bed="M1A", reason="flood")
    decisions = full_intensive_care.tell(e.SuggestionAccepted, 33.1, suggestion=suggestion)
    assert [one.outcome for one in decisions if isinstance(one, SuggestionAnswered)] == [AnswerOutcome.OUTDATED]


def test_nobody_is_moved_for_somebody_who_has_just_come():
    story = Story(policy=Policy(planning=Planning(move_gain_above=1.0)))
    story.lies("low", "I1A", "surgery")
    story.lies("high", "I2A", "intensive_care", level=Level.INTENSIVE)
    for bed in ("S1A", "S2A"):
        story.lies(f"in {bed}", bed, "surgery")
    story.tell(e.TimePassed, 30.0)
    story.asks("urgent", "intensive_care", 30.0, level=Level.INTENSIVE)
    assert all(one.kind is not SuggestionKind.MOVE for one in plan_house(story.census, 2.0, seed=1).suggestions)


def test_a_patient_moved_within_the_last_day_stays_where_they_are():
    story = Story()
    story.lies("low", "I1A", hours=20.0)
    story.lies("high", "I2A", "intensive_care", level=Level.INTENSIVE)
    story.asks("urgent", "intensive_care", 20.0, level=Level.INTENSIVE)
    story.tell(e.TimePassed, 33.0)
    assert plan_house(story.census, 2.0, seed=1).suggestions == ()


def test_two_patients_on_each_others_ward_are_swapped_when_moving_costs_little():
    story = Story(policy=msgspec.convert({"weights": {"move": 0.5}, "planning": {"move_gain_above": 2.0}}, Policy))
    story.lies("surgical", "M1A", "surgery")
    story.lies("medical", "S1A", "medicine")
    for bed in ("M2A", "M2B"):
        story.lies(f"in {bed}", bed)
    story.lies("in S2A", "S2A", "surgery")
    story.tell(e.TimePassed, 30.0)
    found = plan_house(story.census, 2.0, seed=1).suggestions
    assert [(one.kind, len(one.steps)) for one in found] == [(SuggestionKind.SWAP, 2)]
    decisions = story.tell(e.SuggestionAccepted, 30.1, suggestion=found[0])
    assert [one.outcome for one in decisions if isinstance(one, SuggestionAnswered)] == [AnswerOutcome.APPLIED]


def test_a_deferred_patient_is_placed_when_that_is_better_than_waiting_on():
    policy = Policy(deferral=Deferral(levels=(Level.ACUTE,), score_above=-1.0))
    story = Story(policy=policy)
    story.asks("deferred", "surgery")
    assert story.census.visits["deferred"].reserved_bed is None
    found = plan_house(story.census, 2.0, seed=1).suggestions
    assert [(one.kind, one.steps[0].to_bed) for one in found] == [(SuggestionKind.PLACE, "S1A")]
    assert found[0].gain == pytest.approx(4.0)


def test_nothing_is_proposed_in_a_house_at_ease():
    story = Story()
    story.lies("one", "M1A")
    assert plan_house(story.census, 2.0, seed=1).suggestions == ()


def test_an_isolated_patient_is_never_planned_beside_another():
    story = Story()
    story.lies("here", "M2A")
    for name in ("first", "second"):
        needs = a_patient("medicine", precautions=frozenset({Precaution.CONTACT}))
        story.tell(e.VisitScheduled, visit=name, expected_at=DAWN + timedelta(hours=8), needs=needs)
    window = window_of(story.census)
    shared = [at for at, room in enumerate(window.rooms) if room.spot.room.id == "M2"]
    assert (window.problem.company[:, shared] == -1).all()
    planned = optimise(window.problem, 2.0, seed=1)
    assert check(window.problem, planned) == []


def test_a_full_house_gets_a_plan_that_says_who_finds_no_place():
    story = Story()
    for bed in SMALL_HOUSE.spots:
        intensive = bed.startswith("I")
        service, level = ("intensive_care", Level.INTENSIVE) if intensive else ("medicine", Level.ACUTE)
        story.lies(f"in {bed}", bed, service, level=level)
    for number in range(20):
        story.asks(f"waits {number}")
    message = plan_house(story.census, 2.0, seed=1)
    assert message.objective["unplaced"] > 0
    assert message.cost_after <= message.cost_before


def test_a_window_too_large_is_cut_by_arrival_and_says_so():
    story = Story(policy=Policy(planning=Planning(stays_at_most=5)))
    for hours in range(20, 0, -2):
        expected_at = DAWN + timedelta(hours=hours)
        story.tell(e.VisitScheduled, visit=f"in {hours:02} h", expected_at=expected_at, needs=a_patient("surgery"))
    message = plan_house(story.census, 2.0, seed=1)
    assert (message.stays_considered, message.stays_left_out) == (5, 5)
    assert [one.visit.id for one in window_of(story.census).candidates] == [f"in {h:02} h" for h in (2, 4, 6, 8, 10)]


def test_a_house_without_a_map_is_refused_in_one_sentence():
    with pytest.raises(NothingToPlanError, match="no map"):
        plan_house(Census("H"), 1.0, seed=1)


def test_the_same_snapshot_and_seed_give_the_same_plan(full_intensive_care):
    snapshot = encode_snapshot(full_intensive_care.census)
    plans = [decode_plan(plan(snapshot, 7, 2.0)) for _ in range(2)]
    assert msgspec.structs.replace(plans[0], seconds=0.0) == msgspec.structs.replace(plans[1], seconds=0.0)
    assert plans[0].plan_id == f"H-{full_intensive_care.census.version}"


def test_a_plan_from_a_snapshot_is_the_plan_of_the_house(full_intensive_care):
    census = full_intensive_care.census
    copied = decode_snapshot(encode_snapshot(census))
    assert plan_house(copied, 2.0, seed=1).suggestions == plan_house(census, 2.0, seed=1).suggestions
