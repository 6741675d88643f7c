"""One event, one record: what the log says, what was decided, and in which state that left the house.

`step` is the whole engine for one event; folding it over the topic gives the ledger, and applying the ledger gives the
same census, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from engine.core import decisions as d
from engine.core.bed_manager import Forecasts, go_on, open_house
from engine.core.census import Census
from engine.core.events import Event, MapChanged
from engine.core.facility import Facility
from engine.core.policy import Policy
from engine.core.state import Meta, Seen
from engine.core.steps import Steps


class Outcome(StrEnum):
    APPLIED = "applied"
    NO_CHANGE = "no_change"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Position(msgspec.Struct, frozen=True):
    """Where in Kafka an event stands. `topic_id` changes when a topic is made anew."""

    topic_id: str
    partition: int
    offset: int


class Arrival(msgspec.Struct, frozen=True):
    """An event as it came: with its position and the record's timestamp (aware, UTC)."""

    event: Event
    position: Position
    timestamp: datetime


class Opening(msgspec.Struct, frozen=True):
    """What a facility starts with when its ledger is empty."""

    map: Facility
    policy: Policy
    model: str


class Openings:
    """Who may open a house: the maps given to this engine, else a MapChanged event that brings its own map."""

    def __init__(self, known: Mapping[str, Opening], model: str) -> None:
        self._known = known
        self._model = model

    def of(self, event: Event) -> Opening | None:
        """What the event's facility starts with; None for a facility nobody has said anything about."""
        known = self._known.get(event.facility)
        if known is not None or not isinstance(event, MapChanged):
            return known
        is_sound = event.map.id == event.facility and event.map.sha256 == event.sha256
        return Opening(event.map, Policy(), self._model) if is_sound else None


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the ledger: exactly one for every consumed event, versions without gaps, no wall-clock value."""

    version: int
    facility: str
    event_id: str
    event_type: str
    source: str
    at: datetime
    position: Position
    lane_time: datetime
    model: str
    map_sha256: str
    policy_sha256: str
    outcome: Outcome
    decisions: tuple[d.Decision, ...]
    actor: str | None = None


def step(census: Census, arrival: Arrival, forecasts: Forecasts, opening: Opening | None = None) -> Record:
    """Decide on one event. The census stays as it is; apply_record makes the record so.

    `opening` is needed while the facility's ledger is empty.
    """
    return advance(census.draft(), arrival, forecasts, opening)


def advance(draft: Census, arrival: Arrival, forecasts: Forecasts, opening: Opening | None = None) -> Record:
    """The same on a draft, which is left as apply_record would leave it: deciding has taken every step already."""
    event = arrival.event
    now = max(arrival.timestamp, draft.lane_time or arrival.timestamp)
    draft.meta = _advanced(draft.meta, now, arrival.position)
    decisions = _decisions(draft, event, forecasts, now, opening)
    record = _record(draft, arrival, now, decisions)
    if record.outcome is not Outcome.DUPLICATE:
        _remember(draft, record.event_id, now)
    return record


def _record(draft: Census, arrival: Arrival, now: datetime, decisions: list[d.Decision]) -> Record:
    event = arrival.event
    house, policy = draft.facility, draft.policy
    return Record(
        version=draft.meta.version,
        facility=event.facility,
        event_id=event.event_id,
        event_type=type(event).__name__,
        source=event.source,
        actor=event.actor,
        at=event.at,
        position=arrival.position,
        lane_time=now,
        model=draft.model,
        map_sha256=house.sha256 if house else "",
        policy_sha256=policy.sha256,
        outcome=_outcome(decisions),
        decisions=tuple(decisions),
    )


def apply_record(census: Census, record: Record) -> None:
    """Make one record so. Raises LedgerGap when it is not the next one."""
    if record.version != census.version + 1:
        raise LedgerGap(f"record {record.version} follows {census.version}: read the ledger from the start again")
    census.meta = _advanced(census.meta, record.lane_time, record.position)
    for decision in record.decisions:
        census.apply(decision)
    if record.outcome is not Outcome.DUPLICATE:
        _remember(census, record.event_id, record.lane_time)


class LedgerGap(RuntimeError):
    """A ledger record that does not follow the last one."""


def _decisions(
    draft: Census, event: Event, forecasts: Forecasts, now: datetime, opening: Opening | None
) -> list[d.Decision]:
    if event.event_id in draft.seen:
        return [d.NothingChanged(reason=d.NoChangeReason.DUPLICATE)]
    steps = Steps(draft, now)
    if draft.facility is None and opening is not None:
        open_house(steps, opening.map, opening.policy, opening.model)
        steps.made_room = False  # nobody waits for a house that is only being opened
    go_on(steps, event, forecasts)
    return steps.taken


def _outcome(decisions: list[d.Decision]) -> Outcome:
    last = decisions[-1] if decisions else None
    if any(isinstance(one, d.EventRejected) for one in decisions):
        return Outcome.REJECTED
    if len(decisions) == 1 and isinstance(last, d.NothingChanged):
        duplicate = last.reason is d.NoChangeReason.DUPLICATE
        return Outcome.DUPLICATE if duplicate else Outcome.NO_CHANGE
    return Outcome.APPLIED


def _advanced(meta: Meta, now: datetime, position: Position) -> Meta:
    return replace(
        meta,
        version=meta.version + 1,
        lane_time=now,
        topic_id=position.topic_id,
        partition=position.partition,
        offset=position.offset,
    )


def _remember(census: Census, event_id: str, lane_time: datetime) -> None:
    """Keep the event id for the policy's hours and number, the oldest going first."""
    meta, policy = census.meta, census.policy
    census.seen[event_id] = meta.seen_next
    census.seen_log[str(meta.seen_next)] = Seen(event_id, lane_time)
    first, following = meta.seen_first, meta.seen_next + 1
    oldest = lane_time - timedelta(hours=policy.remember_events_hours)
    while first < following - 1 and (
        following - first > policy.remember_events_at_most or census.seen_log[str(first)].lane_time < oldest
    ):
        census.seen.remove(census.seen_log[str(first)].event_id)
        census.seen_log.remove(str(first))
        first += 1
    census.meta = replace(meta, seen_first=first, seen_next=following)
