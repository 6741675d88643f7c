"""What differs between the house and a plan, as chains of steps that can be carried out in order, decoded to beds."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.census import Census
from engine.core.company import company_of
from engine.core.eligibility import refusal
from engine.core.openings import people
from engine.core.reasons import Refusal
from engine.core.suggestion import Step
from engine.planning.candidates import StayKind
from engine.planning.problem import NOWHERE, Plan
from engine.planning.rooms import RoomState
from engine.planning.window import Window

STEPS_AT_MOST = 3


@dataclass(frozen=True)
class Chain:
    """Steps in order, and `stays` and room classes they stand for. A swap is the one chain that closes on itself."""

    steps: tuple[Step, ...]
    pins: dict[int, int]
    is_swap: bool = False


def chains(window: Window, plan: Plan) -> list[Chain]:
    """Every change that can begin now: into an open bed, into one that an earlier step vacates, or two that swap."""
    changes = {stay: int(room) for stay, room in enumerate(plan.room) if _is_change(window, stay, int(room))}
    beds = _decoded(window, changes)
    holder = {window.candidates[stay].bed: stay for stay in changes if window.candidates[stay].bed is not None}
    followers = {holder[bed]: stay for stay, bed in beds.items() if bed in holder}
    lines = [_line(first, followers) for first in beds if beds[first] not in holder]
    found = [_chain(window, line[:steps], changes, beds) for line in lines for steps in range(1, _longest(line) + 1)]
    swaps = [(one, other) for one, other in followers.items() if followers.get(other) == one and one < other]
    found += [_chain(window, [one, other], changes, beds, is_swap=True) for one, other in swaps]
    return [chain for chain in found if hitch(window.census, chain) is None]


def _longest(line: list[int]) -> int:
    """The beginning of a chain can be carried out without its end, so a long one is proposed in part."""
    return min(len(line), STEPS_AT_MOST)


def _is_change(window: Window, stay: int, room: int) -> bool:
    """A new place from the first slot on; a scheduled patient's bed is reserved from now."""
    if room in (NOWHERE, int(window.problem.lies_in[stay])):
        return False
    one = window.candidates[stay]
    begins_now = window.problem.start[stay, room] == 0 or one.arrives_hours > 0
    return bool(begins_now) and window.rooms[room].state is not RoomState.READYING


def _decoded(window: Window, changes: dict[int, int]) -> dict[int, str]:
    """Stay → bed: the lowest bed id that is open, or that another change of the plan vacates."""
    leaving = {window.candidates[stay].bed for stay in changes}
    free = {
        at: [bed for bed in room.beds if room.state is RoomState.OPEN or bed in leaving]
        for at, room in enumerate(window.rooms)
    }
    order = sorted(changes, key=lambda stay: (window.candidates[stay].arrives_hours, stay))
    return {stay: free[changes[stay]].pop(0) for stay in order if free[changes[stay]]}


def _line(first: int, followers: dict[int, int]) -> list[int]:
    """Who moves into an open bed, then who takes the bed so vacated, and so on."""
    line = [first]
    while line[-1] in followers:
        line.append(followers[line[-1]])
    return line


def _chain(
    window: Window, line: list[int], changes: dict[int, int], beds: dict[int, str], *, is_swap: bool = False
) -> Chain:
    steps = [Step(window.candidates[s].visit.id, beds[s], from_bed=window.candidates[s].bed) for s in line]
    return Chain(tuple(steps), {stay: changes[stay] for stay in line}, is_swap)


def hitch(census: Census, chain: Chain) -> Refusal | None:
    """The first hard rule that a step would break, walked through in order on the beds as they are."""
    spots = census.facility.spots if census.facility else {}
    gone: set[str] = {step.visit for step in chain.steps} if chain.is_swap else set()
    come: dict[str, str] = {}
    for step in chain.steps:
        gone.add(step.visit)
        spot, visit, bed = spots[step.to_bed], census.visits.get(step.visit), census.bed(step.to_bed)
        holders = {*bed.claims, *([bed.reserved_for] if bed.reserved_for else [])}
        if visit is None or visit.needs is None or holders - gone or bed.held is not None or step.to_bed in come:
            return Refusal.NOT_AVAILABLE
        arrived = [census.visits[come[place.id]].needs for place in spot.room.beds if place.id in come]
        others = company_of([*people(census, spot.room, gone), *arrived])
        if (why := refusal(visit.needs, spot, others)) is not None:
            return why
        come[step.to_bed] = step.visit
    return None


def kinds(window: Window, chain: Chain) -> set[StayKind]:
    return {window.candidates[stay].kind for stay in chain.pins}
