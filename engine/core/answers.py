"""What becomes of a person's answer to a suggestion: carried out only if everything it depends on still holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.core import decisions as d
from engine.core.census import Census
from engine.core.decisions import AnswerOutcome, ReleaseReason
from engine.core.events import SuggestionAccepted, SuggestionRejected
from engine.core.settle import refusal_now
from engine.core.steps import Steps
from engine.core.suggestion import Suggestion, SuggestionKind
from engine.core.terms import CLOSED_TO_PATIENTS

_CARRIED_OUT = frozenset({SuggestionKind.PLACE, SuggestionKind.MOVE, SuggestionKind.SWAP, SuggestionKind.RESERVE})


def answer(steps: Steps, event: SuggestionAccepted | SuggestionRejected) -> None:
    """Reject, refuse with the reason, or carry out step by step."""
    suggestion = event.suggestion
    if isinstance(event, SuggestionRejected):
        _answered(steps, suggestion, AnswerOutcome.REJECTED, event.reason)
    elif steps.now > suggestion.expires_at:
        _answered(steps, suggestion, AnswerOutcome.EXPIRED, "the suggestion had expired")
    elif (why := _outdated(steps, suggestion)) is not None:
        _answered(steps, suggestion, AnswerOutcome.OUTDATED, why)
    elif (why := _broken_rule(steps, suggestion)) is not None:
        _answered(steps, suggestion, AnswerOutcome.RULE_BROKEN, why)
    else:
        _carry_out(steps, suggestion)


def _answered(steps: Steps, suggestion: Suggestion, outcome: AnswerOutcome, detail: str = "") -> None:
    steps.take(d.SuggestionAnswered(suggestion_id=suggestion.suggestion_id, outcome=outcome, detail=detail))


def _outdated(steps: Steps, suggestion: Suggestion) -> str | None:
    """The first visit or bed that changed since the planner looked, or that is not there."""
    for needed in suggestion.visits:
        visit = steps.census.visits.get(needed.id)
        if visit is None or visit.changed != needed.changed or visit.ended is not None:
            return "a visit it depends on has changed since"
    for needed in suggestion.beds:
        if needed.id not in steps.spots or steps.census.bed(needed.id).changed != needed.changed:
            return f"bed {needed.id} has changed since"
    known = {needed.id for needed in suggestion.visits}
    beds = {needed.id for needed in suggestion.beds}
    if any(step.visit not in known or step.to_bed not in beds for step in suggestion.steps):
        return "it does not name everything it depends on"
    return None


def _broken_rule(steps: Steps, suggestion: Suggestion) -> str | None:
    """The first hard rule a step would break: everybody moves out on a draft, then in, one by one."""
    house = steps.census.draft()
    for step in suggestion.steps:
        _move_out(house, step.visit, steps.now)
    for step in suggestion.steps:
        visit, bed = house.visits[step.visit], house.bed(step.to_bed)
        if not bed.is_unspoken_for or bed.status in CLOSED_TO_PATIENTS or visit.reserved_bed is not None:
            return f"bed {step.to_bed} is not free for this step"
        if visit.needs is None:
            return f"bed {step.to_bed}: the patient's needs are not known"
        if (why := refusal_now(house, step.visit, step.to_bed)) is not None:
            return f"bed {step.to_bed}: such beds {why.sentence}"
        house.apply(d.BedAssigned(visit=step.visit, bed=step.to_bed, until=steps.now, waited_hours=0.0))
    return None


def _move_out(house: Census, visit_id: str, now: datetime) -> None:
    visit = house.visits[visit_id]
    if visit.reserved_bed is not None:
        house.apply(d.AssignmentReleased(visit=visit_id, bed=visit.reserved_bed, reason=ReleaseReason.SUGGESTION))
    if visit.bed is not None:
        claims = tuple(one for one in house.bed(visit.bed).claims if one != visit_id)
        house.apply(d.BedVacated(bed=visit.bed, claims=claims, at=now, soiled=False))


def _carry_out(steps: Steps, suggestion: Suggestion) -> None:
    _answered(steps, suggestion, AnswerOutcome.APPLIED)
    if suggestion.kind not in _CARRIED_OUT:
        return
    for step in suggestion.steps:
        reserved = steps.census.visits[step.visit].reserved_bed
        if reserved is not None:
            release = d.AssignmentReleased(visit=step.visit, bed=reserved, reason=ReleaseReason.SUGGESTION)
            steps.take(release)
    until = steps.now + timedelta(hours=steps.census.policy.reservation_expires_hours)
    for step in suggestion.steps:
        entry = steps.census.queue.get(step.visit)
        waited = (steps.now - entry.since).total_seconds() / 3600 if entry else 0.0
        steps.take(
            d.BedAssigned(
                visit=step.visit,
                bed=step.to_bed,
                until=until,
                waited_hours=round(max(0.0, waited), 4),
                suggestion_id=suggestion.suggestion_id,
            )
        )
