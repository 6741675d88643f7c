"""What the engine decided: the ledger's records. `census.apply` needs nothing else to follow."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from engine.core.facility import Facility
from engine.core.policy import Policy
from engine.core.reasons import Choice, Refusal
from engine.core.terms import BedStatus
from engine.core.visit import Visit


class ReleaseReason(StrEnum):
    LOCATED_ELSEWHERE = "located_elsewhere"
    VISIT_ENDED = "visit_ended"
    NEEDS_CHANGED = "needs_changed"
    BED_UNUSABLE = "bed_unusable"
    ROOM_TAKEN = "room_taken"
    EXPIRED = "expired"
    SUGGESTION = "suggestion"
    NO_LONGER_WANTED = "no_longer_wanted"
    MAP_CHANGED = "map_changed"


class ConflictKind(StrEnum):
    BED_TAKEN = "bed_taken"
    LOCATED_AFTER_END = "located_after_end"
    MERGED_IN_TWO_BEDS = "merged_in_two_beds"
    RULE_BROKEN = "rule_broken"
    BED_NOT_ON_MAP = "bed_not_on_map"


class NoChangeReason(StrEnum):
    DUPLICATE = "duplicate"
    OLDER_FACT = "older_fact"
    SAME_AS_BEFORE = "same_as_before"
    TIME_PASSED = "time_passed"
    VISIT_ENDED = "visit_ended"


class AnswerOutcome(StrEnum):
    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    OUTDATED = "outdated"
    RULE_BROKEN = "rule_broken"


class DecisionBase(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="decision", tag=True):
    """A change to the census, or the statement that there is none."""


class VisitRecorded(DecisionBase, frozen=True, kw_only=True):
    """A visit as it now stands."""

    visit: Visit


class VisitsForgotten(DecisionBase, frozen=True, kw_only=True):
    """Ended visits older than the policy's days leave the census; the ledger still knows them."""

    visits: tuple[str, ...]


class BedOccupied(DecisionBase, frozen=True, kw_only=True):
    """ADT's facts put this visit into the bed. `claims` are all visits ADT has there; the last one holds it."""

    bed: str
    claims: tuple[str, ...]


class BedVacated(DecisionBase, frozen=True, kw_only=True):
    """The visit is physically gone. `soiled`: nobody else holds the bed, so it is dirty since `at`."""

    bed: str
    claims: tuple[str, ...]
    at: datetime
    soiled: bool
    after_isolation: bool = False


class BedStatusRecorded(DecisionBase, frozen=True, kw_only=True):
    """Housekeeping's word on a bed, or a timed release that policy opted into."""

    bed: str
    status: BedStatus
    at: datetime
    timed: bool = False


class HoldRecorded(DecisionBase, frozen=True, kw_only=True):
    """A person holds a bed back (reason) or lets it go (None)."""

    bed: str
    reason: str | None


class BedAssigned(DecisionBase, frozen=True, kw_only=True):
    """The bed is reserved until the patient lies there, or `until`; `ready_at` when it still has to be cleaned."""

    visit: str
    bed: str
    until: datetime
    waited_hours: float
    choice: Choice | None = None
    suggestion_id: str | None = None
    ready_at: datetime | None = None


class AssignmentReleased(DecisionBase, frozen=True, kw_only=True):
    """A reservation ended before the patient arrived."""

    visit: str
    bed: str
    reason: ReleaseReason


class PatientWaits(DecisionBase, frozen=True, kw_only=True):
    """Nothing eligible is free: queued by priority, then since when; with what stood against each bed."""

    visit: str
    priority: int
    since: datetime
    refusals: dict[Refusal, int]


class PatientDeferred(DecisionBase, frozen=True, kw_only=True):
    """A bed is free, but too dear: waits until `until`, then looked at again. Opt-in by policy."""

    visit: str
    priority: int
    since: datetime
    until: datetime
    best_bed: str
    choice: Choice


class WaitEnded(DecisionBase, frozen=True, kw_only=True):
    """The visit left the queue without a bed from the engine (ended, or ADT put it somewhere)."""

    visit: str


class ConflictRecorded(DecisionBase, frozen=True, kw_only=True):
    """Facts contradict each other or a hard rule; nothing is dropped, people are told."""

    kind: ConflictKind
    visits: tuple[str, ...]
    bed: str | None = None
    detail: str = ""


class SuggestionAnswered(DecisionBase, frozen=True, kw_only=True):
    """What became of an answer to a suggestion."""

    suggestion_id: str
    outcome: AnswerOutcome
    detail: str = ""


class ArrivalCounted(DecisionBase, frozen=True, kw_only=True):
    """One more arrival that needs these pools: feeds the expected demand."""

    pools: tuple[str, ...]


class PoolForecast(msgspec.Struct, frozen=True):
    """Expected within 24 h for one pool: arrivals, departures, and the variance of their difference."""

    arrivals: float
    departures: float
    variance: float


class PricesRefreshed(DecisionBase, frozen=True, kw_only=True):
    """The slow part of the shortage price, per pool; queue and free beds are read live."""

    pools: dict[str, PoolForecast]
    arrivals_per_day: dict[str, float]
    at: datetime


class TimerSet(DecisionBase, frozen=True, kw_only=True):
    """Something is due at lane time `due` (None: no longer)."""

    timer: str
    due: datetime | None


class MapSet(DecisionBase, frozen=True, kw_only=True):
    """The map in force from here on."""

    map: Facility


class PolicySet(DecisionBase, frozen=True, kw_only=True):
    """The policy in force from here on."""

    policy: Policy


class ModelSet(DecisionBase, frozen=True, kw_only=True):
    """The stay model in force from here on."""

    model: str


class NothingChanged(DecisionBase, frozen=True, kw_only=True):
    """The event was read and changes nothing, and why."""

    reason: NoChangeReason


class EventRejected(DecisionBase, frozen=True, kw_only=True):
    """The event cannot be applied; it also goes to the rejected topic, from where it can be replayed."""

    reason: str


Decision = (
    VisitRecorded
    | VisitsForgotten
    | BedOccupied
    | BedVacated
    | BedStatusRecorded
    | HoldRecorded
    | BedAssigned
    | AssignmentReleased
    | PatientWaits
    | PatientDeferred
    | WaitEnded
    | ConflictRecorded
    | SuggestionAnswered
    | ArrivalCounted
    | PricesRefreshed
    | TimerSet
    | MapSet
    | PolicySet
    | ModelSet
    | NothingChanged
    | EventRejected
)
