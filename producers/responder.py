"""The house's own hands: patients are moved into the beds they were given, beds are cleaned, people leave.

Closed loop: `advance(until)` gives the events of the next stretch of time, `follow(record)` learns from the ledger
what was decided about them. A reaction takes at least as long as transport does (15 minutes), so a driver that feeds
back every 15 minutes or faster always gets the same events for the same seed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from engine.core.decisions import AssignmentReleased, BedAssigned
from engine.core.events import (
    AdmissionCancelled,
    BedStatusChanged,
    MapChanged,
    PatientLocated,
    PatientsSwapped,
    Place,
    PlacementRequested,
    ScheduleCancelled,
    VisitDischarged,
    VisitScheduled,
)
from engine.core.facility import Facility
from engine.core.ledger import Record
from engine.core.terms import BedStatus
from producers.agenda import Agenda
from producers.calibration import PATIENCE_HOURS, SHORTEST_BED_STAY_HOURS, TRANSPORT_MINUTES
from producers.draws import between, draw_for
from producers.stays import PlannedStay

LOOK_AGAIN = timedelta(minutes=15)


class Patient:
    """A stay under way. `heading_for` is the bed the engine gave; `bed` where the patient lies."""

    __slots__ = ("away", "bed", "bedded_at", "gone", "heading_for", "here", "needs", "stay")

    def __init__(self, stay: PlannedStay) -> None:
        self.stay = stay
        self.needs = stay.needs
        self.bed: str | None = None
        self.bedded_at: datetime | None = None
        self.heading_for: str | None = None
        self.here = self.away = self.gone = False


class Responder(Agenda):
    """One facility. `on_bedded` is told when a patient first lies in a bed (the simulator plans the stay then)."""

    def __init__(
        self, facility: Facility, *, seed: int, start: datetime, source: str, tick: timedelta = timedelta(minutes=15)
    ) -> None:
        ids = f"{source}-{facility.id}-{seed}-{start:%Y%m%d%H%M}"
        super().__init__(facility.id, source, ids, start=start, tick=tick)
        self.facility, self.seed = facility, seed
        self.patients: dict[str, Patient] = {}
        self.lies_in: dict[str, str] = {}
        self.unclean: set[str] = set()
        self.on_bedded: Callable[[Patient, datetime], None] = lambda _patient, _at: None

    # -- who comes ---------------------------------------------------------------------------------------------------

    def declare_map(self) -> None:
        """The first thing a new lane must know: which beds there are."""
        self.tell(MapChanged, self.now, map=self.facility, sha256=self.facility.sha256)

    def expect(self, stay: PlannedStay) -> None:
        """A patient will come."""
        patient = self.patients[stay.visit] = Patient(stay)
        if stay.scheduled_at is not None:
            self.later(stay.scheduled_at, lambda at: self._schedule(stay, at))
        if stay.called_off_at is not None:
            self.later(stay.called_off_at, lambda at: self._call_off(patient, at))
            return
        self.later(stay.arrives_at, lambda at: self._arrive(patient, at))

    def settle(self, stay: PlannedStay, bed: str, admitted_at: datetime) -> None:
        """A patient has been in the house since `admitted_at` and lies in `bed` as the story begins."""
        patient = self.patients[stay.visit] = Patient(stay)
        patient.here = True
        said = {"needs": stay.needs, "patient_class": stay.patient_class, "admission": stay.admission}
        self._lie_down(patient, bed, self.now, admitted_at=admitted_at, **said)

    def _schedule(self, stay: PlannedStay, at: datetime) -> None:
        self.tell(VisitScheduled, at, visit=stay.visit, expected_at=stay.arrives_at, **_asked_for(stay))

    def _call_off(self, patient: Patient, at: datetime) -> None:
        patient.gone = True
        self.patients.pop(patient.stay.visit, None)
        self.tell(ScheduleCancelled, at, visit=patient.stay.visit)

    def _arrive(self, patient: Patient, at: datetime) -> None:
        stay = patient.stay
        patient.here = True
        if stay.area is not None:
            said = {"needs": stay.needs, "patient_class": stay.patient_class, "admission": stay.admission}
            self.tell(PatientLocated, at, visit=stay.visit, place=Place(area=stay.area), **said)
        self.later(stay.requested_at, lambda now: self._request(patient, now))

    def _request(self, patient: Patient, at: datetime) -> None:
        stay = patient.stay
        self.tell(PlacementRequested, at, visit=stay.visit, **_asked_for(stay))
        if patient.heading_for is not None:
            self._set_out(patient, patient.heading_for, at)
        if stay.goes_home_at is not None:
            self.later(stay.goes_home_at, lambda now: self._go_home(patient, now))
        self.later(at + timedelta(hours=PATIENCE_HOURS), lambda now: self._give_up(patient, now))

    def _go_home(self, patient: Patient, at: datetime) -> None:
        if patient.bedded_at is None and not patient.gone:
            self._end(patient, AdmissionCancelled, at)

    def _give_up(self, patient: Patient, at: datetime) -> None:
        if patient.bedded_at is None and not patient.gone:
            self._end(patient, VisitDischarged, at)

    # -- what the engine decided -------------------------------------------------------------------------------------

    def follow(self, record: Record) -> None:
        """Learn from one ledger record; what follows physically happens at least a transport later."""
        for decision in record.decisions:
            if isinstance(decision, BedAssigned):
                self._given(decision, record.lane_time)
            elif isinstance(decision, AssignmentReleased):
                self._taken_back(decision)

    def _given(self, decision: BedAssigned, lane_time: datetime) -> None:
        patient = self.patients.get(decision.visit)
        if patient is None or patient.gone:
            return
        patient.heading_for = decision.bed
        if patient.here:
            self._set_out(patient, decision.bed, max(lane_time, decision.ready_at or lane_time))

    def _taken_back(self, decision: AssignmentReleased) -> None:
        patient = self.patients.get(decision.visit)
        if patient is not None and patient.heading_for == decision.bed:
            patient.heading_for = None

    def _set_out(self, patient: Patient, bed: str, at: datetime) -> None:
        rng = draw_for(self.seed, "transport", patient.stay.visit, bed)
        arrives = at + timedelta(minutes=between(TRANSPORT_MINUTES, rng))
        self.later(arrives.replace(microsecond=0), lambda now: self._reach(patient, bed, now))

    def _reach(self, patient: Patient, bed: str, at: datetime) -> None:
        if patient.gone or patient.heading_for != bed:
            return
        if patient.bed == bed:
            patient.heading_for = None
            return
        other = self.patients.get(self.lies_in.get(bed, ""))
        if other is not None and self._may_swap(patient, other):
            self._swap(patient, other, at)
        elif patient.away or other is not None or bed in self.unclean:
            self.later(at + LOOK_AGAIN, lambda now: self._reach(patient, bed, now))
        else:
            self._lie_down(patient, bed, at)

    # -- beds --------------------------------------------------------------------------------------------------------

    def _lie_down(self, patient: Patient, bed: str, at: datetime, **said: Any) -> None:
        left, first = patient.bed, patient.bedded_at is None
        patient.bed, patient.heading_for = bed, None
        self.lies_in[bed] = patient.stay.visit
        self.tell(PatientLocated, at, visit=patient.stay.visit, place=Place(bed=bed), **said)
        if left is not None:
            self._soil(left, at)
        if first:
            patient.bedded_at = at
            soonest = at + timedelta(hours=SHORTEST_BED_STAY_HOURS)
            self.later(max(patient.stay.leaves_at, soonest), lambda now: self._leave(patient, now))
            self.on_bedded(patient, at)

    def _may_swap(self, one: Patient, other: Patient) -> bool:
        settled = one.bed is not None and other.heading_for == one.bed
        return settled and not (one.away or other.away)

    def _swap(self, one: Patient, other: Patient, at: datetime) -> None:
        one.bed, other.bed = other.bed, one.bed
        for patient in (one, other):
            patient.heading_for = None
            self.lies_in[str(patient.bed)] = patient.stay.visit
        places = {"place": Place(bed=one.bed), "other_place": Place(bed=other.bed)}
        self.tell(PatientsSwapped, at, visit=one.stay.visit, other=other.stay.visit, **places)

    def _leave(self, patient: Patient, at: datetime) -> None:
        if patient.away:
            self.later(at + LOOK_AGAIN, lambda now: self._leave(patient, now))
        elif not patient.gone:
            self._end(patient, VisitDischarged, at)

    def _end(self, patient: Patient, kind: type[Any], at: datetime) -> None:
        patient.gone = True
        del self.patients[patient.stay.visit]
        self.tell(kind, at, visit=patient.stay.visit)
        if patient.bed is not None:
            self._soil(patient.bed, at)

    def _soil(self, bed: str, at: datetime) -> None:
        """The bed is empty and dirty; housekeeping comes, and it is clean after about the ward's turnaround."""
        del self.lies_in[bed]
        self.unclean.add(bed)
        rng = draw_for(self.seed, "turnaround", bed, at.isoformat())
        whole = self.facility.spots[bed].ward.turnaround_minutes * rng.uniform(0.7, 1.3)
        begins, ends = (at + timedelta(seconds=round(whole * 60 * share)) for share in (rng.uniform(0.2, 0.5), 1.0))
        self.later(begins, lambda now: self.tell(BedStatusChanged, now, bed=bed, status=BedStatus.CLEANING))
        self.later(ends, lambda now: self._clean(bed, now))

    def _clean(self, bed: str, at: datetime) -> None:
        self.unclean.discard(bed)
        self.tell(BedStatusChanged, at, bed=bed, status=BedStatus.AVAILABLE)


def _asked_for(stay: PlannedStay) -> dict[str, Any]:
    return {
        "needs": stay.needs,
        "priority": stay.priority,
        "patient_class": stay.patient_class,
        "admission": stay.admission,
    }
