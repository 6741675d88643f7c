"""What happened, in the past tense: everything that can change a bed arrives as one of these, keyed by facility.

`at` is when it happened in the hospital (aware, UTC); lane time, which orders timers, comes from the Kafka record.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from engine.core.facility import Facility
from engine.core.policy import Policy
from engine.core.stay import AdmissionFacts
from engine.core.suggestion import Suggestion
from engine.core.terms import BedStatus, Equipment, Level, PatientClass, Precaution, Sex, Specialty

When = Annotated[datetime, msgspec.Meta(tz=True)]


class Needs(msgspec.Struct, frozen=True):
    """What a patient needs of a bed. Nothing here is guessed: what ADT does not say stays None or unknown.

    `cohort` names a group with the same precautions that a person confirmed may share a room.
    `mother` is the visit a newborn belongs to. `age_years` None passes no ward's age limits silently: it waits.
    """

    service: str
    level: Level = Level.ACUTE
    sex: Sex = Sex.OTHER_OR_UNKNOWN
    age_years: int | None = None
    equipment: frozenset[Equipment] = frozenset()
    precautions: frozenset[Precaution] = frozenset()
    specialty: Specialty | None = None
    newborn: bool = False
    mother: str | None = None
    cohort: str | None = None
    sex_decided_by: str | None = None


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a patient is: a bed of the map, else an area (or a place the map does not know, kept as ADT named it).

    `temporary`: the patient is away for a while (theatre, imaging) and the bed is kept.
    """

    bed: str | None = None
    area: str | None = None
    temporary: bool = False


class EventBase(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event carries. `actor` names the person where a person acted."""

    event_id: str
    facility: str
    at: When
    source: str
    actor: str | None = None


class PlacementRequested(EventBase, frozen=True, kw_only=True, tag=True):
    """A patient needs a bed: an admission, or an in-house transfer when it already has one. Priority 1 is first."""

    visit: str
    needs: Needs
    priority: int = 3
    patient_class: PatientClass = PatientClass.INPATIENT
    admission: AdmissionFacts = AdmissionFacts()


class PatientLocated(EventBase, frozen=True, kw_only=True, tag=True):
    """ADT says where the patient lies: a fact that wins over any plan. `admitted_at` when the stay began earlier."""

    visit: str
    place: Place
    needs: Needs | None = None
    patient_class: PatientClass | None = None
    admission: AdmissionFacts | None = None
    admitted_at: When | None = None


class VisitScheduled(EventBase, frozen=True, kw_only=True, tag=True):
    """An elective admission is planned for `expected_at`."""

    visit: str
    expected_at: When
    needs: Needs
    priority: int = 4
    patient_class: PatientClass = PatientClass.INPATIENT
    admission: AdmissionFacts = AdmissionFacts()


class VisitDischarged(EventBase, frozen=True, kw_only=True, tag=True):
    """The patient has physically left: only this frees a bed."""

    visit: str


class NeedsChanged(EventBase, frozen=True, kw_only=True, tag=True):
    """Needs, priority or class changed in place; fields left None stay as they were."""

    visit: str
    needs: Needs | None = None
    priority: int | None = None
    patient_class: PatientClass | None = None


class DischargeExpected(EventBase, frozen=True, kw_only=True, tag=True):
    """Somebody expects the discharge at `expected_at` (None: no longer expected). It frees nothing."""

    visit: str
    expected_at: When | None


class BedStatusChanged(EventBase, frozen=True, kw_only=True, tag=True):
    """Housekeeping or the house changed a bed's status; a surge bed opens by becoming available."""

    bed: str
    status: BedStatus


class PatientsSwapped(EventBase, frozen=True, kw_only=True, tag=True):
    """Two patients changed places at once; each now lies where named."""

    visit: str
    place: Place
    other: str
    other_place: Place


class LeaveStarted(EventBase, frozen=True, kw_only=True, tag=True):
    """The patient left for a while; the bed is kept."""

    visit: str
    expected_return_at: When | None = None


class LeaveEnded(EventBase, frozen=True, kw_only=True, tag=True):
    """The patient is back from leave."""

    visit: str


class VisitsMerged(EventBase, frozen=True, kw_only=True, tag=True):
    """`merged` was the same visit as `visit`: what is known of it, then and later, belongs to `visit`."""

    visit: str
    merged: str


class AdmissionCancelled(EventBase, frozen=True, kw_only=True, tag=True):
    """The admission never took place."""

    visit: str


class TransferCancelled(EventBase, frozen=True, kw_only=True, tag=True):
    """The move recorded at `cancelled_at` did not take place; `place` where ADT says the patient is instead."""

    visit: str
    cancelled_at: When
    place: Place | None = None


class DischargeCancelled(EventBase, frozen=True, kw_only=True, tag=True):
    """The discharge recorded at `cancelled_at` did not take place; `place` where ADT says the patient is."""

    visit: str
    cancelled_at: When
    place: Place | None = None


class ScheduleCancelled(EventBase, frozen=True, kw_only=True, tag=True):
    """A planned admission was called off."""

    visit: str


class SuggestionAccepted(EventBase, frozen=True, kw_only=True, tag=True):
    """A person accepted a suggestion; it travels whole, with the state it depends on."""

    suggestion: Suggestion


class SuggestionRejected(EventBase, frozen=True, kw_only=True, tag=True):
    """A person rejected a suggestion."""

    suggestion: Suggestion
    reason: str = ""


class BedHeld(EventBase, frozen=True, kw_only=True, tag=True):
    """A person keeps a bed back."""

    bed: str
    reason: str


class BedReleased(EventBase, frozen=True, kw_only=True, tag=True):
    """A held bed may be used again."""

    bed: str


class TimePassed(EventBase, frozen=True, kw_only=True, tag=True):
    """Nothing happened but time: timers fire, prices are refreshed."""


class ModelPromoted(EventBase, frozen=True, kw_only=True, tag=True):
    """From here on stays are forecast by this version of the stay model."""

    model: str


class MapChanged(EventBase, frozen=True, kw_only=True, tag=True):
    """The house was rebuilt on the map: the whole new map, so that the log alone decides."""

    map: Facility
    sha256: str


class PolicyChanged(EventBase, frozen=True, kw_only=True, tag=True):
    """Weights and switches changed: the whole new policy."""

    policy: Policy
    sha256: str


VisitEvent = (
    PlacementRequested
    | PatientLocated
    | VisitScheduled
    | VisitDischarged
    | NeedsChanged
    | DischargeExpected
    | PatientsSwapped
    | LeaveStarted
    | LeaveEnded
    | VisitsMerged
    | AdmissionCancelled
    | TransferCancelled
    | DischargeCancelled
    | ScheduleCancelled
)
BedEvent = BedStatusChanged | BedHeld | BedReleased
HouseEvent = SuggestionAccepted | SuggestionRejected | TimePassed | ModelPromoted | MapChanged | PolicyChanged
Event = VisitEvent | BedEvent | HouseEvent
