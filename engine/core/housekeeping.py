"""What the house says of its beds: status, holds, surge beds, closures."""

from __future__ import annotations

from engine.core import decisions as d
from engine.core import events as e
from engine.core.decisions import NoChangeReason, ReleaseReason
from engine.core.settle import release
from engine.core.steps import Steps
from engine.core.terms import CLOSED_TO_PATIENTS


def set_status(steps: Steps, event: e.BedStatusChanged) -> None:
    """A bed's status as housekeeping says it; an older word changes nothing. A lost bed's reservation is released."""
    bed = steps.census.bed(event.bed)
    if bed.status_at is not None and event.at < bed.status_at:
        steps.take(d.NothingChanged(reason=NoChangeReason.OLDER_FACT))
        return
    steps.take(d.BedStatusRecorded(bed=event.bed, status=event.status, at=event.at))
    if event.status in CLOSED_TO_PATIENTS and bed.reserved_for is not None:
        release(steps, bed.reserved_for, event.bed, ReleaseReason.BED_UNUSABLE)


def set_hold(steps: Steps, event: e.BedHeld | e.BedReleased) -> None:
    """A person keeps a bed back, or lets it go. A reservation made before stays: the person sees it on the board."""
    reason = event.reason or "held" if isinstance(event, e.BedHeld) else None
    if steps.census.bed(event.bed).held == reason:
        steps.take(d.NothingChanged(reason=NoChangeReason.SAME_AS_BEFORE))
        return
    steps.take(d.HoldRecorded(bed=event.bed, reason=reason))
