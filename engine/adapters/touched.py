"""Which beds and visits a record names: the only ones that anything following the census has to look at again."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from engine.core.decisions import (
    AssignmentReleased,
    BedAssigned,
    BedOccupied,
    BedStatusRecorded,
    BedVacated,
    Decision,
    HoldRecorded,
    MapSet,
    PatientDeferred,
    PatientWaits,
    VisitRecorded,
    VisitsForgotten,
    WaitEnded,
)

_OF_A_BED = (BedOccupied, BedVacated, BedStatusRecorded, HoldRecorded)
_OF_BOTH = (BedAssigned, AssignmentReleased)
_OF_THE_QUEUE = (PatientWaits, PatientDeferred, WaitEnded)


class Touched(NamedTuple):
    """Ids that may have changed; `everything` when the map did."""

    beds: AbstractSet[str]
    visits: AbstractSet[str]
    everything: bool


EVERYTHING = Touched(frozenset(), frozenset(), True)


def touched(decisions: Iterable[Decision]) -> Touched:
    """The beds and visits these decisions name (isinstance, not match: this runs for every decision of every lane)."""
    beds: set[str] = set()
    visits: set[str] = set()
    for decision in decisions:
        if isinstance(decision, VisitRecorded):
            visits.add(decision.visit.id)
        elif isinstance(decision, _OF_A_BED):
            beds.add(decision.bed)
        elif isinstance(decision, _OF_BOTH):
            beds.add(decision.bed)
            visits.add(decision.visit)
        elif isinstance(decision, _OF_THE_QUEUE):
            visits.add(decision.visit)
        elif isinstance(decision, VisitsForgotten):
            visits.update(decision.visits)
        elif isinstance(decision, MapSet):
            return EVERYTHING
    return Touched(beds, visits, False)
