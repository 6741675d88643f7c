"""How many beds a load of patients needs: Erlang's loss formula, as used for hospital wards.

Source: de Bruin, Bekker, van Zanten and Koole, "Dimensioning hospital wards using the Erlang loss model",
Annals of Operations Research 178 (2010). A large ward is sized by its occupancy, a small one by how often it is full.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from engine.core.facility import MapError
from engine.core.terms import Level

REFUSED_SHARE = 0.05


class Demand(msgspec.Struct, frozen=True):
    """Patients of one service: admissions a day, and mean stay in days at this level of care."""

    service: str
    admissions_per_day: float
    mean_stay_days: float
    level: Level = Level.ACUTE

    def __post_init__(self) -> None:
        for what in ("admissions_per_day", "mean_stay_days"):
            if not 0 < getattr(self, what) < math.inf:
                raise MapError(f"{what} of {self.service!r} must be a number above 0")

    @property
    def load(self) -> float:
        """Mean number of patients in beds if none were ever refused (Little's law)."""
        return self.admissions_per_day * self.mean_stay_days


def refused_share(load: float, beds: int) -> float:
    """Erlang B: the share of arrivals that find all `beds` taken when `load` patients would be there on average."""
    refused = 1.0
    for n in range(1, beds + 1):
        refused = load * refused / (n + load * refused)
    return refused


def beds_for(load: float, target_occupancy: float) -> int:
    """The fewest beds that are `target_occupancy` full at most, on average, and refuse at most REFUSED_SHARE."""
    if not 0 < target_occupancy < 1:
        raise MapError(f"the target occupancy is {target_occupancy}: it must lie between 0 and 1, such as 0.85")
    refused, beds = 1.0, 0
    while beds < load / target_occupancy or refused > REFUSED_SHARE:
        beds += 1
        refused = load * refused / (beds + load * refused)
    return beds


def demand_that_fills(beds: int, shares: Sequence[Demand], target_occupancy: float) -> list[Demand]:
    """`shares` (demand per admission of the house) scaled to the most that `beds` beds carry.

    Raises MapError when even a trickle of each service needs more beds than there are.
    """
    low, high = 0.0, float(beds)
    for _ in range(40):
        middle = (low + high) / 2
        needed = sum(beds_for(one.load * middle, target_occupancy) for one in shares)
        low, high = (middle, high) if needed <= beds else (low, middle)
    if low == 0.0:
        raise MapError(f"{beds} beds are too few for {len(shares)} services: ask for at least {2 * len(shares)}")
    return [msgspec.structs.replace(one, admissions_per_day=one.admissions_per_day * low) for one in shares]
