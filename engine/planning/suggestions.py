"""Plan → the few changes worth proposing to the bed manager, each with its gain, its reason and what it depends on."""

from __future__ import annotations

from datetime import timedelta

from engine.core.suggestion import Dependency, Suggestion, SuggestionKind
from engine.planning.candidates import Candidate, StayKind
from engine.planning.chains import Chain, chains, kinds
from engine.planning.gains import LeftAlone
from engine.planning.problem import Plan
from engine.planning.window import Window

SMALLEST_GAIN = 0.5  # wait-hours: below it, a proposal costs the reader more than it brings


def suggestions(window: Window, plan: Plan, plan_id: str, left_alone: LeftAlone) -> tuple[Suggestion, ...]:
    """At most policy's number, best first; no bed and no visit in two of them. Ids are `plan_id`-1, -2 and so on."""
    chosen = best_first(window, chains(window, plan), left_alone)
    return tuple(
        _suggestion(window, chain, gain, plan_id, number) for number, (gain, chain) in enumerate(chosen, start=1)
    )


def best_first(window: Window, found: list[Chain], left_alone: LeftAlone) -> list[tuple[float, Chain]]:
    """The chains worth proposing, each with what it still gains once the ones before it are carried out."""
    ranked = sorted(
        found, key=lambda chain: (-round(left_alone.gain(chain), 1), -len(chain.steps), chain.steps[0].visit)
    )
    chosen: list[tuple[float, Chain]] = []
    for chain in ranked:
        if len(chosen) == window.census.policy.planning.suggestions_at_most:
            break
        if any(chain.pins.keys() & before.pins.keys() for _, before in chosen):
            continue
        gain = left_alone.gain(chain, after=[before for _, before in chosen])
        if is_worth_proposing(window, chain, gain):
            chosen.append((gain, chain))
    return chosen


def is_worth_proposing(window: Window, chain: Chain, gain: float) -> bool:
    """Moves have to earn more, and only for somebody who has waited long or for a way home to the right service."""
    policy = window.census.policy
    if StayKind.OCCUPANT in kinds(window, chain):
        waits_long = _longest_wait_hours(window, chain) >= policy.planning.waited_hours_before_move
        return gain > policy.planning.move_gain_above and (waits_long or _all_go_home(window, chain))
    if StayKind.SCHEDULED in kinds(window, chain):
        return gain > SMALLEST_GAIN and _reserves_in_time(window, chain)
    least = policy.weights.move if StayKind.RESERVED in kinds(window, chain) else SMALLEST_GAIN
    return gain > least


def _stays(window: Window, chain: Chain) -> list[Candidate]:
    return [window.candidates[stay] for stay in chain.pins]


def _longest_wait_hours(window: Window, chain: Chain) -> float:
    return max((one.waited_hours for one in _stays(window, chain) if one.kind is StayKind.WAITING), default=0.0)


def _all_go_home(window: Window, chain: Chain) -> bool:
    """Everybody in the chain comes to a ward of their own service."""
    return all(
        window.rooms[room].spot.ward.service == window.candidates[stay].needs.service
        for stay, room in chain.pins.items()
    )


def _reserves_in_time(window: Window, chain: Chain) -> bool:
    """Late enough that the reservation lasts until the patient comes; what comes sooner the live engine reserves."""
    policy = window.census.policy
    arrivals = [one.arrives_hours for one in _stays(window, chain) if one.kind is StayKind.SCHEDULED]
    return all(policy.reserve_ahead_hours <= hours < policy.reservation_expires_hours for hours in arrivals)


def _suggestion(window: Window, chain: Chain, gain: float, plan_id: str, number: int) -> Suggestion:
    census, steps = window.census, chain.steps
    beds = sorted({bed for step in steps for bed in (step.to_bed, step.from_bed) if bed is not None})
    return Suggestion(
        suggestion_id=f"{plan_id}-{number}",
        plan_id=plan_id,
        kind=kind_of(window, chain),
        steps=steps,
        gain=round(gain, 3),
        reason=reason(window, chain, gain),
        expires_at=window.now + timedelta(minutes=census.policy.planning.suggestion_valid_minutes),
        visits=tuple(Dependency(one, census.visits[one].changed) for one in sorted({step.visit for step in steps})),
        beds=tuple(Dependency(bed, census.bed(bed).changed) for bed in beds),
    )


def kind_of(window: Window, chain: Chain) -> SuggestionKind:
    if chain.is_swap:
        return SuggestionKind.SWAP
    if StayKind.OCCUPANT in kinds(window, chain):
        return SuggestionKind.MOVE
    return SuggestionKind.RESERVE if kinds(window, chain) == {StayKind.SCHEDULED} else SuggestionKind.PLACE


def reason(window: Window, chain: Chain, gain: float) -> str:
    """One sentence for the bed manager, with beds and services but without names."""
    told = ", then ".join(_told(window, chain))
    return f"{told[0].upper()}{told[1:]}: saves {gain:.1f} wait-hours."


def _told(window: Window, chain: Chain) -> list[str]:
    told = []
    for (stay, room), step in zip(chain.pins.items(), chain.steps, strict=True):
        one = window.candidates[stay]
        home = " at home" if window.rooms[room].spot.ward.service == one.needs.service else ""
        told.append(
            _VERBS[one.kind].format(service=one.needs.service, bed=step.to_bed, old=step.from_bed, home=home, one=one)
        )
    return told


_VERBS = {
    StayKind.OCCUPANT: "move the {service} patient in bed {old} to bed {bed}{home}",
    StayKind.WAITING: "give bed {bed} to the {service} patient who has waited {one.waited_hours:.1f} h",
    StayKind.RESERVED: "reserve bed {bed} instead of {old} for the {service} patient",
    StayKind.SCHEDULED: "reserve bed {bed} for the {service} patient expected in {one.arrives_hours:.1f} h",
}
