"""How each decision changes the census. Nothing here chooses; what was chosen stands in the decision."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from engine.core import decisions as d
from engine.core.scarcity import pools_needed, prior_arrivals_per_day
from engine.core.state import BedState, House, Prices, QueueEntry
from engine.core.terms import BedStatus
from engine.core.visit import Visit

if TYPE_CHECKING:
    from engine.core.census import Census


def _visit_recorded(census: Census, decision: d.VisitRecorded) -> None:
    before = census.visits.get(decision.visit.id)
    visit = replace(decision.visit, changed=census.version)
    census.visits[visit.id] = visit
    if before is None or before.needs != visit.needs or before.reserved_bed != visit.reserved_bed:
        census.openings.refresh(census, [bed for bed in (visit.bed, visit.reserved_bed) if bed])


def _visits_forgotten(census: Census, decision: d.VisitsForgotten) -> None:
    for visit in decision.visits:
        census.visits.remove(visit)


def _bed_occupied(census: Census, decision: d.BedOccupied) -> None:
    bed = census.bed(decision.bed)
    mine = bed.reserved_for is not None and bed.reserved_for == decision.claims[-1]
    bed = replace(bed, claims=decision.claims)
    if mine:
        _set_visit(census, decision.claims[-1], reserved_bed=None)
        bed = replace(bed, reserved_for=None, reserved_until=None, ready_at=None)
    _set_bed(census, decision.bed, bed)
    _set_timer(census, f"release:{decision.bed}", None)
    if mine:
        _set_timer(census, f"reservation:{decision.claims[-1]}", None)


def _bed_vacated(census: Census, decision: d.BedVacated) -> None:
    bed = replace(census.bed(decision.bed), claims=decision.claims)
    if decision.soiled:
        bed = replace(bed, status=BedStatus.DIRTY, status_at=decision.at, after_isolation=decision.after_isolation)
    _set_bed(census, decision.bed, bed)


def _bed_status_recorded(census: Census, decision: d.BedStatusRecorded) -> None:
    bed = replace(census.bed(decision.bed), status=decision.status, status_at=decision.at)
    if decision.status is BedStatus.AVAILABLE:
        bed = replace(bed, after_isolation=False, ready_at=None)
    _set_bed(census, decision.bed, bed)
    _set_timer(census, f"release:{decision.bed}", None)


def _hold_recorded(census: Census, decision: d.HoldRecorded) -> None:
    _set_bed(census, decision.bed, replace(census.bed(decision.bed), held=decision.reason))


def _bed_assigned(census: Census, decision: d.BedAssigned) -> None:
    _leave_queue(census, decision.visit)
    _set_visit(census, decision.visit, reserved_bed=decision.bed)
    reserved = replace(
        census.bed(decision.bed),
        reserved_for=decision.visit,
        reserved_until=decision.until,
        ready_at=decision.ready_at,
    )
    _set_bed(census, decision.bed, reserved)
    _set_timer(census, f"reservation:{decision.visit}", decision.until)


def _assignment_released(census: Census, decision: d.AssignmentReleased) -> None:
    _set_visit(census, decision.visit, reserved_bed=None)
    freed = replace(census.bed(decision.bed), reserved_for=None, reserved_until=None, ready_at=None)
    _set_bed(census, decision.bed, freed)
    _set_timer(census, f"reservation:{decision.visit}", None)


def _patient_waits(census: Census, decision: d.PatientWaits) -> None:
    _join_queue(census, decision.visit, decision.priority, decision.since, None)


def _patient_deferred(census: Census, decision: d.PatientDeferred) -> None:
    _join_queue(census, decision.visit, decision.priority, decision.since, decision.until)
    _set_timer(census, f"deferral:{decision.visit}", decision.until)


def _wait_ended(census: Census, decision: d.WaitEnded) -> None:
    _leave_queue(census, decision.visit)


def _arrival_counted(census: Census, decision: d.ArrivalCounted) -> None:
    prices = census.prices
    counted = dict(prices.counted)
    for pool in decision.pools:
        counted[pool] = counted.get(pool, 0) + 1
    census.set_house("prices", House(prices=replace(prices, counted=counted)))


def _prices_refreshed(census: Census, decision: d.PricesRefreshed) -> None:
    prices = Prices(decision.pools, decision.arrivals_per_day, {}, decision.at)
    census.set_house("prices", House(prices=prices))


def _timer_set(census: Census, decision: d.TimerSet) -> None:
    _set_timer(census, decision.timer, decision.due)


def _map_set(census: Census, decision: d.MapSet) -> None:
    first = census.facility is None
    for bed in list(census.openings.slot_of):
        census.openings.forget(census, bed)
    census.set_house("map", House(map=decision.map))
    if first:
        rates = prior_arrivals_per_day(decision.map)
        census.set_house("prices", House(prices=Prices(arrivals_per_day=rates)))
    census.openings.refresh(census, decision.map.spots)


def _policy_set(census: Census, decision: d.PolicySet) -> None:
    census.set_house("policy", House(policy=decision.policy))


def _model_set(census: Census, decision: d.ModelSet) -> None:
    census.meta = replace(census.meta, model=decision.model)


def _record_only(census: Census, decision: d.DecisionBase) -> None:
    """Stands in the ledger and changes no state."""


WRITERS: dict[type, Callable[[Census, Any], None]] = {
    d.VisitRecorded: _visit_recorded,
    d.VisitsForgotten: _visits_forgotten,
    d.BedOccupied: _bed_occupied,
    d.BedVacated: _bed_vacated,
    d.BedStatusRecorded: _bed_status_recorded,
    d.HoldRecorded: _hold_recorded,
    d.BedAssigned: _bed_assigned,
    d.AssignmentReleased: _assignment_released,
    d.PatientWaits: _patient_waits,
    d.PatientDeferred: _patient_deferred,
    d.WaitEnded: _wait_ended,
    d.ConflictRecorded: _record_only,
    d.SuggestionAnswered: _record_only,
    d.ArrivalCounted: _arrival_counted,
    d.PricesRefreshed: _prices_refreshed,
    d.TimerSet: _timer_set,
    d.MapSet: _map_set,
    d.PolicySet: _policy_set,
    d.ModelSet: _model_set,
    d.NothingChanged: _record_only,
    d.EventRejected: _record_only,
}


def _set_bed(census: Census, bed_id: str, bed: BedState) -> None:
    census.beds[bed_id] = replace(bed, changed=census.version)
    census.openings.refresh(census, (bed_id,))


def _set_visit(census: Census, visit_id: str, *, reserved_bed: str | None) -> None:
    visit: Visit = census.visits[visit_id]
    census.visits[visit_id] = replace(visit, reserved_bed=reserved_bed, changed=census.version)


def _set_timer(census: Census, key: str, due: datetime | None) -> None:
    before = census.timers.get(key)
    if before == due:
        return
    agenda = list(census.agenda)
    if before is not None:
        agenda.remove((before, key))
    if due is None:
        census.timers.remove(key)
    else:
        census.timers[key] = due
        agenda.insert(bisect_left(agenda, (due, key)), (due, key))
    census.agenda = tuple(agenda)


def _join_queue(census: Census, visit: str, priority: int, since: datetime, until: datetime | None) -> None:
    _leave_queue(census, visit)
    needs = census.visits[visit].needs
    entry = QueueEntry(visit, priority, since, pools_needed(needs) if needs else (), until)
    census.queue[visit] = entry
    census.openings.joined(entry)
    at = bisect_left(census.line, entry.order)
    census.line = (*census.line[:at], entry.order, *census.line[at:])


def _leave_queue(census: Census, visit: str) -> None:
    entry = census.queue.get(visit)
    if entry is None:
        return
    census.queue.remove(visit)
    census.openings.left(entry)
    census.line = tuple(order for order in census.line if order != entry.order)
    if entry.deferred_until is not None:
        _set_timer(census, f"deferral:{visit}", None)
