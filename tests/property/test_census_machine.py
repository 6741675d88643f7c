"""A house lives through every kind of event in any order; after each one its invariants are looked at from outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec.structs import replace

from engine.core import decisions as d
from engine.core import events as e
from engine.core.census import Census
from engine.core.codec import decode_event, decode_record, encode_event, encode_record
from engine.core.facility import Facility
from engine.core.ledger import Arrival, Opening, Outcome, Position, Record, apply_record, step
from engine.core.policy import Policy
from engine.core.suggestion import Dependency, Step, Suggestion, SuggestionKind
from engine.core.terms import BedStatus, Level, PatientClass
from tests.property.invariants import check_beds, check_derived, check_queue, check_timers
from tests.property.plain_rules import allowed, is_free
from tests.property.profile import search
from tests.property.small_houses import BEDS, HOUSES, any_needs
from tests.scenarios.house import HOUSE_ID, START, nights, with_deferral

VISITS = ("Ann", "Bob", "Cal", "Dee", "Eve", "Fay")
POLICIES = (Policy(), with_deferral(Level.ACUTE, Level.INTENSIVE, score_above=0.5))

visits, beds = st.sampled_from(VISITS), st.sampled_from([*BEDS, "X9-A"])
wanted = any_needs(VISITS)
passing_hours = st.sampled_from([0.0, 0.0, 0.02, 0.5, 3.0, 13.0, 24.0 * 31])
late_hours = st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.1, 1.0, 20.0])
priorities = st.integers(1, 5)
classes = st.sampled_from([None, *PatientClass])
stays = st.sampled_from([None, nights(0.7), nights(5.0), nights(30.0)])
places = st.builds(e.Place, bed=beds) | st.builds(
    e.Place, area=st.sampled_from(["ED", "THEATRE"]), temporary=st.booleans()
)


class House(RuleBasedStateMachine):
    """The engine on one side, and beside it the ledger's reader, the batch, and what a person would write down."""

    @initialize(house=st.sampled_from(HOUSES), policy=st.sampled_from(POLICIES))
    def opens(self, house: Facility, policy: Policy) -> None:
        self.opening = Opening(house, policy, "v1")
        self.now = START
        self.census, self.reader = Census(HOUSE_ID), Census(HOUSE_ID)
        self.base = Census(HOUSE_ID)
        self.batch = self.base.draft()
        self.ledger: list[bytes] = []
        self.told: list[e.Event] = []
        self.mentioned: set[str] = set()

    # -- what can happen ---------------------------------------------------------------------------------------------

    @rule(visit=visits, needs=wanted, priority=priorities, late=late_hours, passing=passing_hours, stay=stays)
    def a_bed_is_asked_for(self, *, visit, needs, priority, late, passing, stay):
        self._tell(e.PlacementRequested, late, passing, stay, visit=visit, needs=needs, priority=priority)

    @rule(visit=visits, place=places, needs=st.none() | wanted, late=late_hours, passing=passing_hours, stay=stays)
    def a_patient_is_located(self, *, visit, place, needs, late, passing, stay):
        self._tell(e.PatientLocated, late, passing, stay, visit=visit, place=place, needs=needs)

    @rule(visit=visits, passing=passing_hours)
    def a_patient_comes_to_the_bed_kept(self, visit, passing):
        known = self.census.visit(visit)
        place = e.Place(known.reserved_bed if known and known.reserved_bed else "M1-A")
        self._tell(e.PatientLocated, 0.0, passing, visit=visit, place=place)

    @rule(visit=visits, needs=wanted, late=late_hours, passing=passing_hours)
    def an_admission_is_scheduled(self, visit, needs, late, passing):
        expected = self.now + timedelta(hours=30)
        self._tell(e.VisitScheduled, late, passing, visit=visit, expected_at=expected, needs=needs)

    @rule(visit=visits, needs=st.none() | wanted, priority=st.none() | priorities, kind=classes, late=late_hours)
    def needs_change(self, visit, needs, priority, kind, late):
        self._tell(e.NeedsChanged, late, visit=visit, needs=needs, priority=priority, patient_class=kind)

    @rule(
        kind=st.sampled_from(
            [
                e.VisitDischarged,
                e.VisitDischarged,
                e.LeaveStarted,
                e.LeaveEnded,
                e.AdmissionCancelled,
                e.ScheduleCancelled,
            ]
        ),
        visit=visits,
        late=late_hours,
        passing=passing_hours,
    )
    def a_patient_goes_or_comes(self, kind, visit, late, passing):
        self._tell(kind, late, passing, visit=visit)

    @rule(visit=visits, hours=st.none() | st.floats(-5, 50), late=late_hours)
    def a_discharge_is_expected(self, visit, hours, late):
        expected = None if hours is None else self.now + timedelta(hours=hours)
        self._tell(e.DischargeExpected, late, visit=visit, expected_at=expected)

    @rule(visit=visits, place=places, other=visits, other_place=places, late=late_hours)
    def patients_are_swapped(self, visit, place, other, other_place, late):
        self._tell(e.PatientsSwapped, late, visit=visit, place=place, other=other, other_place=other_place)

    @rule(visit=visits, merged=visits, late=late_hours)
    def visits_are_merged(self, visit, merged, late):
        self._tell(e.VisitsMerged, late, visit=visit, merged=merged if merged != visit else f"{visit} again")

    @rule(data=st.data(), place=st.none() | places, visit=visits)
    def something_is_taken_back(self, data, place, visit):
        kinds = {e.PatientLocated: e.TransferCancelled, e.VisitDischarged: e.DischargeCancelled}
        told = [one for one in self.told if type(one) in kinds]
        if told:
            one: Any = data.draw(st.sampled_from(told[-6:]))
            self._tell(kinds[type(one)], visit=one.visit, cancelled_at=one.at, place=place)
        else:
            self._tell(e.DischargeCancelled, visit=visit, cancelled_at=self.now, place=place)

    @rule(bed=beds, status=st.sampled_from([*BedStatus, BedStatus.AVAILABLE]), late=late_hours, passing=passing_hours)
    def housekeeping_says(self, bed, status, late, passing):
        self._tell(e.BedStatusChanged, late, passing, bed=bed, status=status)

    @rule(bed=beds, reason=st.sampled_from([None, "", "burst pipe"]))
    def a_person_holds_a_bed_or_lets_it_go(self, bed, reason):
        if reason is None:
            self._tell(e.BedReleased, bed=bed)
        else:
            self._tell(e.BedHeld, bed=bed, reason=reason)

    @rule(passing=passing_hours)
    def time_passes(self, passing):
        self._tell(e.TimePassed, 0.0, passing)

    @rule(model=st.sampled_from(["v1", "v2"]))
    def a_model_is_promoted(self, model):
        self._tell(e.ModelPromoted, model=model)

    @rule(house=st.sampled_from(HOUSES), honest=st.integers(0, 9))
    def the_house_is_rebuilt(self, house, honest):
        self._tell(e.MapChanged, map=house, sha256=house.sha256 if honest else "0")

    @rule(policy=st.sampled_from(POLICIES))
    def the_policy_changes(self, policy):
        policy = replace(policy, remember_events_at_most=5)
        self._tell(e.PolicyChanged, policy=policy, sha256=policy.sha256)

    @rule(data=st.data(), kind=st.sampled_from(SuggestionKind), accepted=st.integers(0, 4), stale=st.integers(0, 4))
    def a_suggestion_is_answered(self, data, kind, accepted, stale):
        known, house = sorted(one.id for one in self.census.visits.values()), self.census.facility
        if not known or house is None:
            return
        pairs = st.tuples(st.sampled_from(known), st.sampled_from(list(house.spots)))
        moves = data.draw(st.lists(pairs, min_size=1, max_size=3))
        suggestion = self._suggestion(kind, moves, stale=not stale)
        if accepted:
            self._tell(e.SuggestionAccepted, suggestion=suggestion, actor="bed manager")
        else:
            self._tell(e.SuggestionRejected, suggestion=suggestion, actor="bed manager")

    @rule(data=st.data())
    def an_event_comes_again(self, data):
        if self.told:
            self._deliver(data.draw(st.sampled_from(self.told[-5:])), None)

    def _suggestion(self, kind: SuggestionKind, moves: list[tuple[str, str]], *, stale: bool) -> Suggestion:
        return Suggestion(
            suggestion_id=f"s{len(self.ledger)}",
            plan_id="p",
            kind=kind,
            steps=tuple(Step(visit, bed) for visit, bed in moves),
            gain=1.0,
            reason="",
            expires_at=self.now - timedelta(hours=1) if stale else self.now + timedelta(hours=1),
            visits=tuple(Dependency(visit, self.census.visits[visit].changed) for visit, _ in moves),
            beds=tuple(Dependency(bed, self.census.bed(bed).changed) for _, bed in moves),
        )

    # -- how it is told ----------------------------------------------------------------------------------------------

    def _tell(self, kind: type[Any], late: float = 0.0, passing: float = 0.0, stay: Any = None, **rest: Any) -> None:
        self.now += timedelta(hours=passing, seconds=1)
        at = self.now - timedelta(hours=late)
        event = kind(event_id=f"e{len(self.ledger)}", facility=HOUSE_ID, at=at, source="test", **rest)
        self.told.append(event)
        self._deliver(event, stay)

    def _deliver(self, event: e.Event, stay: Any) -> None:
        assert decode_event(encode_event(event)) == event
        before = self.census.dump()
        arrival = Arrival(event, Position("t", 0, len(self.ledger)), self.now)
        forecasts = {event.event_id: stay} if stay else {}
        record = step(self.census, arrival, forecasts, self.opening)
        assert self.census.dump() == before, "deciding changed the census"
        loaded = Census.load(HOUSE_ID, before)
        raw = encode_record(record)
        assert encode_record(step(loaded, arrival, forecasts, self.opening)) == raw, "same input, other decisions"
        self._check_assignments(record)
        self._apply_everywhere(record, decode_record(raw))
        self.ledger.append(raw)
        self._check(event, record)

    def _apply_everywhere(self, record: Record, read: Record) -> None:
        """The lane's census, the ledger's reader and the batch of drafts go the same way."""
        assert record.version == self.census.version + 1
        apply_record(self.census, record)
        apply_record(self.reader, read)
        stored = self.batch.dump()
        inner = self.batch.draft()
        apply_record(inner, record)
        committed = _written(stored, inner.changed_bytes())
        self.batch.absorb(inner)
        dump = self.census.dump()
        assert self.reader.dump() == dump, "the ledger replayed is another census"
        assert self.batch.dump() == dump, "a batch of drafts is another census"
        assert committed == dump, "what a commit writes is another census"
        if len(self.ledger) % 3 == 0:
            self.base.absorb(self.batch)
            self.batch = self.base.draft()
            assert self.base.dump() == dump

    def _check_assignments(self, record: Record) -> None:
        """Every bed the engine gives is free and allowed at that moment, judged by the plainly written rules."""
        house = self.census.draft()
        chosen = {one.visit for one in record.decisions if isinstance(one, d.BedAssigned) and one.suggestion_id}
        for decision in record.decisions:
            if isinstance(decision, d.BedAssigned):
                leaving = frozenset(chosen) if decision.suggestion_id else frozenset()
                self._check_assignment(house, decision, leaving)
            house.apply(decision)

    def _check_assignment(self, house: Census, decision: d.BedAssigned, leaving: frozenset[str]) -> None:
        bed = house.bed(decision.bed)
        assert bed.status not in {BedStatus.BLOCKED, BedStatus.CLOSED}
        assert is_free(house, decision.bed) or set(bed.claims) <= leaving
        arriving = {one for one in leaving if house.visits[one].reserved_bed is not None}
        assert allowed(house, decision.visit, decision.bed, leaving - arriving)

    def _check(self, event: e.Event, record: Record) -> None:
        if record.outcome is Outcome.APPLIED:
            self.mentioned |= {getattr(event, name) for name in ("visit", "other", "merged") if hasattr(event, name)}
        for decision in record.decisions:
            if isinstance(decision, d.VisitsForgotten):
                self.mentioned -= set(decision.visits)
        assert record.decisions
        assert self.mentioned <= set(self.census.visits), "somebody was lost"
        check_beds(self.census)
        check_queue(self.census)
        check_timers(self.census)
        check_derived(self.census, Census.load(HOUSE_ID, self.census.dump()))


def _written(
    stored: dict[str, dict[str, bytes]], changes: dict[str, dict[str, bytes | None]]
) -> dict[str, dict[str, bytes]]:
    after = {name: dict(rows) for name, rows in stored.items()}
    for name, rows in changes.items():
        for key, raw in rows.items():
            if raw is None:
                after[name].pop(key, None)
            else:
                after[name][key] = raw
    return after


TestHouse = House.TestCase
TestHouse.settings = search(examples=300, steps=40)
