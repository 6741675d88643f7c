"""Who gets a bed now, who waits, who is deferred: the queue and its filling."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.core import decisions as d
from engine.core.events import Needs
from engine.core.placement import Found, best_bed, refusals
from engine.core.policy import Deferral
from engine.core.state import QueueEntry
from engine.core.steps import Steps
from engine.core.visit import Visit


def place_or_queue(steps: Steps, visit: Visit, since: datetime) -> None:
    """A bed at once if an eligible one is free and not too dear, else the queue, with the reason.

    Where this event has just made room, the visit joins the queue first: fill_from_queue gives the room out in order.
    """
    assert visit.needs is not None
    found = None if steps.made_room else best_bed(steps.census, visit, steps.now)
    if found is None:
        why = refusals(steps.census, visit.needs)
        steps.take(d.PatientWaits(visit=visit.id, priority=visit.priority, since=since, refusals=why))
    elif (until := deferred_until(steps, visit, found, since)) is not None:
        steps.take(_deferral(visit, found, since, until))
    else:
        assign(steps, visit, found, since)


def fill_from_queue(steps: Steps) -> None:
    """Look at everybody who waits, in order. Needs that found nothing find nothing again: room only shrinks here."""
    hopeless: set[Needs] = set()
    for entry in steps.census.waiting():
        visit = steps.census.visits[entry.visit]
        assert visit.needs is not None
        if visit.needs in hopeless:
            continue
        found = best_bed(steps.census, visit, steps.now)
        if found is None:
            hopeless.add(visit.needs)
        elif (until := deferred_until(steps, visit, found, entry.since)) is None:
            assign(steps, visit, found, entry.since)
        elif not _still_deferred(steps, entry):
            steps.take(_deferral(visit, found, entry.since, until))
    steps.made_room = False


def assign(steps: Steps, visit: Visit, found: Found, since: datetime) -> None:
    """Reserve the bed for the visit; the reservation expires if the patient never comes."""
    hours = timedelta(hours=steps.census.policy.reservation_expires_hours)
    waited = max(0.0, (steps.now - since).total_seconds() / 3600)
    steps.take(
        d.BedAssigned(
            visit=visit.id,
            bed=found.bed,
            until=max(steps.now, found.ready_at or steps.now) + hours,
            waited_hours=round(waited, 4),
            choice=found.choice,
            ready_at=found.ready_at,
        )
    )


def deferred_until(steps: Steps, visit: Visit, found: Found, since: datetime) -> datetime | None:
    """When to look again instead of taking a bed that is too dear; None where policy did not opt in or time is up."""
    rules: Deferral = steps.census.policy.deferral
    assert visit.needs is not None
    opted_in = visit.needs.level in rules.levels and visit.priority >= rules.lowest_priority_first
    if not opted_in or found.choice.cost <= rules.score_above:
        return None
    end = since + timedelta(hours=rules.at_most_hours)
    return min(end, steps.now + timedelta(minutes=rules.look_again_minutes)) if steps.now < end else None


def _deferral(visit: Visit, found: Found, since: datetime, until: datetime) -> d.PatientDeferred:
    return d.PatientDeferred(
        visit=visit.id,
        priority=visit.priority,
        since=since,
        until=until,
        best_bed=found.bed,
        choice=found.choice,
    )


def _still_deferred(steps: Steps, entry: QueueEntry) -> bool:
    return entry.deferred_until is not None and steps.now < entry.deferred_until
