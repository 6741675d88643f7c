"""Beds, reservations and the queue follow from where visits stand after new facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from engine.core import decisions as d
from engine.core.census import Census
from engine.core.company import company_of
from engine.core.decisions import ConflictKind, ReleaseReason
from engine.core.eligibility import refusal
from engine.core.events import Place
from engine.core.openings import people
from engine.core.queueing import place_or_queue
from engine.core.reasons import Refusal
from engine.core.steps import Steps
from engine.core.terms import CLOSED_TO_PATIENTS, BedStatus, Precaution
from engine.core.visit import Ending, Standing, Visit, standing


def stand(steps: Steps, visit: Visit) -> Visit:
    """Place, bed, leave and end as the visit's facts add up; a bed the map does not know is an unmapped place."""
    now = standing(visit.facts)
    if _asked_again(visit, now):
        now = Standing()
    place, bed = now.place, now.bed
    if bed is not None and bed not in steps.spots:
        place, bed = Place(area=f"unmapped {bed}"), None
    return replace(
        visit,
        place=place,
        bed=bed,
        bedded=now.bedded,
        on_leave=now.on_leave,
        ended=visit.ended if visit.merged_into else now.ended,
        ended_at=visit.ended_at if visit.merged_into else now.ended_at,
    )


def _asked_again(visit: Visit, now: Standing) -> bool:
    """A new request after a cancelled admission begins the visit again; after a discharge only being there does."""
    if now.ended is not Ending.CANCELLED or now.ended_at is None or visit.requested is None:
        return False
    return visit.requested.at > now.ended_at


def settle(steps: Steps, visits: Sequence[Visit]) -> None:
    """Record the visits, then vacate, occupy, release and queue in that order, so that swaps work out."""
    befores = {visit.id: steps.census.visits.get(visit.id) for visit in visits}
    afters = [_count_move(befores[visit.id], visit) for visit in visits]
    changed = [visit for visit in afters if visit != befores[visit.id]]
    for visit in changed:
        steps.take(d.VisitRecorded(visit=visit))
        _report_unmapped(steps, befores[visit.id], visit)
        if _needs_changed(befores[visit.id], visit):
            steps.touch(visit.bed)
            steps.touch(visit.reserved_bed)
            steps.made_room = steps.made_room or (visit.bed or visit.reserved_bed) is not None
    for visit in changed:
        _vacate(steps, befores[visit.id], visit)
    for visit in changed:
        _occupy(steps, visit)
    for visit in changed:
        _release_if_pointless(steps, befores[visit.id], steps.census.visits[visit.id])
    for visit in changed:
        if _changed_in_bed(befores[visit.id], visit):
            _report_broken_rule(steps, visit)
    recheck_reservations(steps)
    for visit in changed:
        _queue(steps, steps.census.visits[visit.id], told_more=_needs_changed(befores[visit.id], visit))


def recheck_reservations(steps: Steps) -> None:
    """Facts win over plans: a reservation that a hard rule now forbids is released and its patient placed anew."""
    rooms, steps.touched_rooms = steps.touched_rooms, {}
    for bed_id in sorted(place.id for room in rooms.values() for place in room.beds):
        reserved_for = steps.census.bed(bed_id).reserved_for
        if reserved_for is not None and refusal_now(steps.census, reserved_for, bed_id) is not None:
            release(steps, reserved_for, bed_id, ReleaseReason.ROOM_TAKEN)


def release(steps: Steps, visit_id: str, bed_id: str, reason: ReleaseReason) -> None:
    """End a reservation; whoever still wants a bed is placed anew or waits."""
    steps.take(d.AssignmentReleased(visit=visit_id, bed=bed_id, reason=reason))
    _queue(steps, steps.census.visits[visit_id])


def refusal_now(census: Census, visit_id: str, bed_id: str, leaving: frozenset[str] = frozenset()) -> Refusal | None:
    """What speaks against this visit in this bed beside the people there and on their way (but for those `leaving`)."""
    house, visit = census.facility, census.visits[visit_id]
    if house is None or visit.needs is None:
        return None
    spot = house.spots[bed_id]
    apart = leaving | {visit_id} | ({visit.needs.mother} if visit.needs.newborn and visit.needs.mother else set())
    return refusal(visit.needs, spot, company_of(people(census, spot.room, leaving=apart)))


def _count_move(before: Visit | None, after: Visit) -> Visit:
    moved = before is not None and before.bed is not None and after.bed is not None and before.bed != after.bed
    if not moved or before is None or after.bedded is None:
        return after
    return replace(after, moves=before.moves + 1, moved_at=after.bedded.at)


def _report_unmapped(steps: Steps, before: Visit | None, after: Visit) -> None:
    area = after.place.area if after.place else None
    was = before.place.area if before and before.place else None
    if area is not None and area != was and area.startswith("unmapped "):
        bed = area.removeprefix("unmapped ")
        steps.take(d.ConflictRecorded(kind=ConflictKind.BED_NOT_ON_MAP, visits=(after.id,), bed=bed))


def _needs_changed(before: Visit | None, after: Visit) -> bool:
    return before is not None and before.needs != after.needs


def _vacate(steps: Steps, before: Visit | None, after: Visit) -> None:
    if before is None or before.bed is None or before.bed == after.bed:
        return
    bed = steps.census.bed(before.bed)
    claims = tuple(visit for visit in bed.claims if visit != after.id)
    left_at = after.ended_at or (after.facts[-1].at if after.facts else steps.now)
    told_later = bed.status_at is not None and left_at < bed.status_at
    soiled = not claims and not told_later and bed.status not in CLOSED_TO_PATIENTS and before.bed in steps.spots
    isolated = bool(before.needs and before.needs.precautions - {Precaution.PROTECTIVE})
    steps.take(
        d.BedVacated(bed=before.bed, claims=claims, at=left_at, soiled=soiled, after_isolation=soiled and isolated)
    )
    steps.touch(before.bed)
    _release_on_time(steps, before.bed)


def _release_on_time(steps: Steps, bed_id: str) -> None:
    """Opt-in per ward, and never after an isolation stay: the bed counts as clean after its turnaround."""
    bed, spot = steps.census.bed(bed_id), steps.spots.get(bed_id)
    if spot is None or not spot.ward.automatic_release or bed.after_isolation:
        return
    if bed.status is BedStatus.DIRTY and not bed.claims and bed.status_at is not None:
        due = bed.status_at + timedelta(minutes=spot.ward.turnaround_minutes)
        steps.take(d.TimerSet(timer=f"release:{bed_id}", due=due))


def _occupy(steps: Steps, after: Visit) -> None:
    if after.bed is None:
        return
    claims = _by_fact(steps, {*_claims(steps, after.bed), after.id})
    if claims == _claims(steps, after.bed):
        return
    reserved_for = steps.census.bed(after.bed).reserved_for
    steps.take(d.BedOccupied(bed=after.bed, claims=claims))
    steps.touch(after.bed)
    if len(claims) > 1:
        steps.take(d.ConflictRecorded(kind=ConflictKind.BED_TAKEN, visits=claims, bed=after.bed))
    _report_broken_rule(steps, after)
    if reserved_for is not None and steps.census.bed(after.bed).reserved_for == reserved_for:
        release(steps, reserved_for, after.bed, ReleaseReason.ROOM_TAKEN)


def _changed_in_bed(before: Visit | None, after: Visit) -> bool:
    """Other needs than before in the same bed, and no other bed asked for yet: somebody has to see whether it fits."""
    known = before is not None and before.needs is not None and before.bed == after.bed
    return known and _needs_changed(before, after) and not after.wants_bed


def _report_broken_rule(steps: Steps, visit: Visit) -> None:
    """Facts win, but people are told: this patient lies where a hard rule forbids it."""
    bed = visit.bed
    why = refusal_now(steps.census, visit.id, bed) if bed is not None and bed in steps.spots else None
    if why is not None:
        broken = d.ConflictRecorded(kind=ConflictKind.RULE_BROKEN, visits=(visit.id,), bed=visit.bed, detail=why.value)
        steps.take(broken)


def _claims(steps: Steps, bed_id: str) -> tuple[str, ...]:
    return steps.census.bed(bed_id).claims


def _by_fact(steps: Steps, claims: set[str]) -> tuple[str, ...]:
    """Claims in order of the fact that made them: the latest holds the bed, whatever order the facts arrived in."""

    def stamp(visit_id: str) -> tuple[object, ...]:
        bedded = steps.census.visits[visit_id].bedded
        return (bedded.at, bedded.event_id, visit_id) if bedded else (steps.now, "", visit_id)

    return tuple(sorted(claims, key=stamp))


def _release_if_pointless(steps: Steps, before: Visit | None, after: Visit) -> None:
    if after.reserved_bed is None:
        return
    moved = after.bed is not None and (before is None or before.bed != after.bed)
    if after.ended is not None:
        release(steps, after.id, after.reserved_bed, ReleaseReason.VISIT_ENDED)
    elif moved:
        release(steps, after.id, after.reserved_bed, ReleaseReason.LOCATED_ELSEWHERE)
    elif refusal_now(steps.census, after.id, after.reserved_bed) is not None:
        release(steps, after.id, after.reserved_bed, ReleaseReason.NEEDS_CHANGED)


def _queue(steps: Steps, visit: Visit, *, told_more: bool = False) -> None:
    """Whoever wants a bed and has none reserved is placed or waits; whoever no longer does leaves the queue."""
    queued = steps.census.queue.get(visit.id)
    if not visit.wants_bed or visit.reserved_bed is not None:
        if queued is not None:
            steps.take(d.WaitEnded(visit=visit.id))
        return
    assert visit.requested is not None
    since = visit.requested.at
    if told_more or queued is None or queued.priority != visit.priority or queued.since != since:
        place_or_queue(steps, visit, since)
