"""What each visit event says of its visit: facts fall into their place by time, newer words replace older ones."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core import decisions as d
from engine.core import events as e
from engine.core.decisions import ConflictKind, NoChangeReason
from engine.core.scarcity import pools_needed
from engine.core.settle import settle, stand
from engine.core.stay import AdmissionFacts, StayForecast
from engine.core.steps import Steps
from engine.core.terms import PatientClass
from engine.core.visit import Ending, Fact, FactKind, Stamp, Visit, with_fact

_KINDS = {
    e.VisitDischarged: FactKind.DISCHARGED,
    e.AdmissionCancelled: FactKind.ADMISSION_CANCELLED,
    e.ScheduleCancelled: FactKind.SCHEDULE_CANCELLED,
    e.LeaveStarted: FactKind.LEAVE_STARTED,
    e.LeaveEnded: FactKind.LEAVE_ENDED,
}


def admission_of(event: e.Event) -> AdmissionFacts | None:
    """What a stay forecast is asked with, for events that may begin a stay; None for all others."""
    match event:
        case e.PlacementRequested() | e.VisitScheduled():
            return event.admission
        case e.PatientLocated():
            return event.admission or AdmissionFacts()
    return None


def record(steps: Steps, event: e.VisitEvent, forecast: StayForecast | None) -> None:
    """Take the event's word into its visit (or two, for swaps and merges) and let the house follow."""
    visit = _known_or_new(steps, event.visit)
    match event:
        case e.PatientsSwapped():
            swap(steps, visit, event)
        case e.VisitsMerged():
            merge(steps, visit, event)
        case _:
            after = stand(steps, _heard(visit, event, forecast))
            _report_late_revival(steps, visit, after)
            _count_arrival(steps, visit, after)
            settle(steps, [after])
    if not steps.taken:
        steps.take(d.NothingChanged(reason=_why_nothing(visit)))


def swap(steps: Steps, visit: Visit, event: e.PatientsSwapped) -> None:
    """Both patients are in their new places at once: neither stands in the other's way."""
    other = _known_or_new(steps, event.other)
    if other.id == visit.id:
        steps.take(d.EventRejected(reason="a swap names the same visit twice: name two"))
        return
    pair = [_located(visit, event, event.place), _located(other, event, event.other_place)]
    settle(steps, [stand(steps, one) for one in pair])


def _known_or_new(steps: Steps, visit_id: str) -> Visit:
    return steps.census.visit(visit_id) or Visit(id=visit_id)


def _heard(visit: Visit, event: e.VisitEvent, forecast: StayForecast | None) -> Visit:
    stamp = Stamp(event.at, event.event_id)
    match event:
        case e.PlacementRequested():
            visit = _needs(visit, event.needs, stamp, event.priority, event.patient_class)
            visit = _forecast(visit, event.admission, forecast)
            return replace(visit, requested=_later(visit.requested, stamp))
        case e.VisitScheduled():
            visit = _forecast(
                _needs(visit, event.needs, stamp, event.priority, event.patient_class), event.admission, forecast
            )
            newer = visit.scheduled is None or stamp > visit.scheduled
            return replace(visit, scheduled=stamp, expected_at=event.expected_at) if newer else visit
        case e.PatientLocated():
            visit = _needs(visit, event.needs, stamp, None, event.patient_class)
            visit = _forecast(visit, event.admission, forecast)
            visit = _located(visit, event, event.place)
            return replace(visit, admitted_at=_earlier(visit.admitted_at, event.admitted_at))
        case e.NeedsChanged():
            return _needs(visit, event.needs, stamp, event.priority, event.patient_class)
        case e.DischargeExpected():
            newer = visit.discharge_said is None or stamp > visit.discharge_said
            return replace(visit, discharge_said=stamp, discharge_expected_at=event.expected_at) if newer else visit
        case e.TransferCancelled():
            return _cancelled(visit, event, FactKind.TRANSFER_CANCELLED)
        case e.DischargeCancelled():
            return _cancelled(visit, event, FactKind.DISCHARGE_CANCELLED)
    return replace(visit, facts=with_fact(visit.facts, Fact(event.at, event.event_id, _KINDS[type(event)])))


def _needs(
    visit: Visit,
    needs: e.Needs | None,
    stamp: Stamp,
    priority: int | None,
    patient_class: PatientClass | None,
) -> Visit:
    """Of needs, priority and class, each on its own, the newest word counts, whatever order the words arrive in."""
    for field, value in (("needs", needs), ("priority", priority), ("patient_class", patient_class)):
        visit = _word(visit, field, value, stamp)
    return visit


def _word(visit: Visit, field: str, value: object, stamp: Stamp | None) -> Visit:
    known: Stamp | None = getattr(visit, f"{field}_said")
    if value is None or stamp is None or (known is not None and stamp <= known):
        return visit
    return replace(visit, **{field: value, f"{field}_said": stamp})


def _forecast(visit: Visit, admission: AdmissionFacts | None, forecast: StayForecast | None) -> Visit:
    """The forecast made at admission stays; one made from facts replaces one made from none."""
    told = admission is not None and visit.admission is None
    if forecast is None or (visit.forecast is not None and not told):
        return visit
    return replace(visit, forecast=forecast, admission=admission)


def _located(visit: Visit, event: e.VisitEvent, place: e.Place) -> Visit:
    fact = Fact(event.at, event.event_id, FactKind.LOCATED, place)
    admitted_at = _earlier(visit.admitted_at, event.at)
    return replace(visit, facts=with_fact(visit.facts, fact), admitted_at=admitted_at)


def _cancelled(visit: Visit, event: e.TransferCancelled | e.DischargeCancelled, kind: FactKind) -> Visit:
    cancel = Fact(event.at, event.event_id, kind, event.place, event.cancelled_at)
    return replace(visit, facts=with_fact(visit.facts, cancel))


def _report_late_revival(steps: Steps, before: Visit, after: Visit) -> None:
    if before.ended is Ending.DISCHARGED and after.ended is None and after.facts[-1].kind is FactKind.LOCATED:
        steps.take(d.ConflictRecorded(kind=ConflictKind.LOCATED_AFTER_END, visits=(after.id,), bed=after.bed))


def _count_arrival(steps: Steps, before: Visit, after: Visit) -> None:
    """Demand counts once per stay: the first time it asks for a bed or is found in one, whatever comes later."""
    arrived = after.ended is None and (after.requested is not None or after.bed is not None)
    known = before.requested is not None or before.bed is not None
    if arrived and not known and after.needs is not None and after.needs_said is not None:
        steps.take(d.ArrivalCounted(pools=pools_needed(after.needs)))


def _why_nothing(visit: Visit) -> NoChangeReason:
    return NoChangeReason.VISIT_ENDED if visit.ended else NoChangeReason.SAME_AS_BEFORE


def merge(steps: Steps, survivor: Visit, event: e.VisitsMerged) -> None:
    """Everything known of the merged visit becomes the survivor's; what comes for it later is sent on."""
    merged = _known_or_new(steps, event.merged)
    if merged.id == survivor.id:
        steps.take(d.NothingChanged(reason=NoChangeReason.SAME_AS_BEFORE))
        return
    if survivor.bed and merged.bed and survivor.bed != merged.bed:
        both = (survivor.id, merged.id)
        steps.take(d.ConflictRecorded(kind=ConflictKind.MERGED_IN_TWO_BEDS, visits=both, bed=merged.bed))
    gone = Visit(id=merged.id, merged_into=survivor.id, ended=Ending.MERGED, ended_at=event.at)
    gone = replace(gone, reserved_bed=merged.reserved_bed)
    settle(steps, [gone, stand(steps, _joined(survivor, merged))])


def _joined(survivor: Visit, merged: Visit) -> Visit:
    facts = survivor.facts
    for fact in merged.facts:
        facts = with_fact(facts, fact)
    for field in ("needs", "priority", "patient_class"):
        survivor = _word(survivor, field, getattr(merged, field), getattr(merged, f"{field}_said"))
    survivor = _newer(survivor, merged, "scheduled", "expected_at")
    survivor = _newer(survivor, merged, "discharge_said", "discharge_expected_at")
    asked = [stamp for stamp in (survivor.requested, merged.requested) if stamp is not None]
    return replace(
        survivor,
        facts=facts,
        admission=survivor.admission or merged.admission,
        forecast=survivor.forecast or merged.forecast,
        requested=max(asked) if asked else None,
        admitted_at=_earlier(survivor.admitted_at, merged.admitted_at),
    )


def _newer(survivor: Visit, merged: Visit, said: str, field: str) -> Visit:
    known, other = getattr(survivor, said), getattr(merged, said)
    if other is None or (known is not None and known >= other):
        return survivor
    return replace(survivor, **{said: other, field: getattr(merged, field)})


def _later(known: Stamp | None, stamp: Stamp) -> Stamp:
    return stamp if known is None or stamp > known else known


def _earlier(known: datetime | None, other: datetime | None) -> datetime | None:
    times = [at for at in (known, other) if at is not None]
    return min(times) if times else None
