"""decide(): what follows from one event. Pure; the caller applies, commits and publishes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from engine.core import decisions as d
from engine.core import events as e
from engine.core.answers import answer
from engine.core.census import Census
from engine.core.decisions import NoChangeReason, ReleaseReason
from engine.core.facility import Facility
from engine.core.housekeeping import set_hold, set_status
from engine.core.policy import Policy
from engine.core.queueing import fill_from_queue
from engine.core.settle import release, settle, stand
from engine.core.stay import StayForecast
from engine.core.steps import Steps
from engine.core.timers import PRICES, fire
from engine.core.visits import record

Forecasts = Mapping[str, StayForecast]
_AHEAD_AT_MOST = timedelta(days=1)  # a bed soiled next year would stay dirty until then


def decide(census: Census, event: e.Event, forecasts: Forecasts, now: datetime) -> list[d.Decision]:
    """What follows from `event` at lane time `now`, in order, timers that fell due first.

    `forecasts` maps event ids to stay forecasts (see visits.admission_of). Policy and map are the census's own.
    """
    steps = Steps(census.draft(), now)
    go_on(steps, event, forecasts)
    return steps.taken


def go_on(steps: Steps, event: e.Event, forecasts: Forecasts) -> None:
    """The same on steps that may have begun already."""
    fire_due_timers(steps)
    if steps.made_room:
        fill_from_queue(steps)
    follow(steps, event, forecasts)
    if steps.made_room:
        fill_from_queue(steps)


def fire_due_timers(steps: Steps) -> None:
    """Everything due by now, in order of due time; a timer that sets itself again never fires twice at one moment."""
    fired: set[str] = set()
    while steps.census.agenda and steps.census.agenda[0][0] <= steps.now:
        due = [key for at, key in steps.census.agenda if at <= steps.now and key not in fired]
        if not due:
            return
        fired.add(due[0])
        fire(steps, due[0])


def follow(steps: Steps, event: e.Event, forecasts: Forecasts) -> None:
    """One event's own consequences."""
    match event:
        case _ if event.at - steps.now > _AHEAD_AT_MOST:
            steps.take(
                d.EventRejected(reason="`at` lies more than a day after the record's time: mend the sender's clock")
            )
        case e.BedStatusChanged() | e.BedHeld() | e.BedReleased() if event.bed not in steps.spots:
            steps.take(
                d.EventRejected(
                    reason=f"bed {event.bed!r} is not on the map: add it to hospital.toml or mend the sender"
                )
            )
        case e.BedStatusChanged():
            set_status(steps, event)
        case e.BedHeld() | e.BedReleased():
            set_hold(steps, event)
        case e.SuggestionAccepted() | e.SuggestionRejected():
            answer(steps, event)
        case e.TimePassed():
            _pass_time(steps)
        case e.ModelPromoted():
            steps.take(d.ModelSet(model=event.model))
        case e.PolicyChanged():
            _check_hash(steps, event.policy.sha256, event.sha256, d.PolicySet(policy=event.policy))
        case e.MapChanged():
            _change_map(steps, event)
        case _:
            record(steps, event, forecasts.get(event.event_id))


def open_house(steps: Steps, house: Facility, policy: Policy, model: str) -> None:
    """The first thing a facility's ledger says: map, policy and model, so that the ledger alone rebuilds the house."""
    steps.take(d.MapSet(map=house))
    steps.take(d.PolicySet(policy=policy))
    steps.take(d.ModelSet(model=model))
    steps.take(d.TimerSet(timer=PRICES, due=steps.now))


def _pass_time(steps: Steps) -> None:
    if not steps.taken:
        steps.take(d.NothingChanged(reason=NoChangeReason.TIME_PASSED))


def _check_hash(steps: Steps, found: str, said: str, decision: d.Decision) -> bool:
    if found == said:
        steps.take(decision)
        return True
    steps.take(d.EventRejected(reason="the content does not have the sha256 it came with: publish it again"))
    return False


def _change_map(steps: Steps, event: e.MapChanged) -> None:
    """A new map: reservations on beds that are gone are released, patients in them keep their place as unmapped."""
    if event.map.id != event.facility:
        steps.take(d.EventRejected(reason="the map belongs to another facility: publish it under its own id"))
        return
    lost = sorted(set(steps.spots) - set(event.map.spots)) if steps.census.facility else []
    if not _check_hash(steps, event.map.sha256, event.sha256, d.MapSet(map=event.map)):
        return
    for bed in lost:
        reserved_for = steps.census.bed(bed).reserved_for
        if reserved_for is not None:
            release(steps, reserved_for, bed, ReleaseReason.MAP_CHANGED)
    for bed, state in steps.census.beds.items():
        steps.touch(bed if state.reserved_for is not None else None)
    visits = [visit for visit in steps.census.visits.values() if visit.in_house]
    settle(steps, [stand(steps, visit) for visit in sorted(visits, key=lambda one: one.id)])
