"""Who may share a room, as numbers: equal numbers may, different ones may not, ALONE shares with nobody."""

from __future__ import annotations

from msgspec.structs import replace

from engine.core.company import company_of
from engine.core.eligibility import ROOM_RULES, refusal
from engine.core.events import Needs
from engine.core.facility import Spot
from engine.core.terms import Level, SexPolicy
from engine.planning.problem import ALONE


def looks(needs: Needs) -> Needs:
    """The needs as far as room-mates are concerned: the room rules ask for no more."""
    return replace(needs, service="", level=Level.ACUTE, equipment=frozenset(), age_years=None, mother=None)


def company_groups(everyone: list[Needs], spots: dict[SexPolicy, Spot]) -> dict[tuple[SexPolicy, Needs], int]:
    """(sex policy of a room, looks) → company, from the room rules alone, tried on one `spot` of each policy.

    Being allowed to share is not always transitive: who fits only some of a company starts one of their own.
    """
    kinds = sorted({looks(needs) for needs in everyone}, key=repr)
    return {(policy, needs): group for policy, spot in spots.items() for needs, group in _numbered(kinds, spot).items()}


def _numbered(kinds: list[Needs], spot: Spot) -> dict[Needs, int]:
    groups: list[list[Needs]] = []
    number: dict[Needs, int] = {}
    for needs in kinds:
        if not _may_share(needs, needs, spot):
            number[needs] = ALONE
            continue
        fitting = [at for at, group in enumerate(groups) if all(_may_share(needs, other, spot) for other in group)]
        if not fitting:
            groups.append([])
        number[needs] = fitting[0] if fitting else len(groups) - 1
        groups[number[needs]].append(needs)
    return number


def _may_share(one: Needs, other: Needs, spot: Spot) -> bool:
    return all(
        refusal(mine, spot, company_of([theirs]), ROOM_RULES) is None for mine, theirs in ((one, other), (other, one))
    )
