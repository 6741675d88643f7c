"""The shortage price of each pool of beds: what taking one of its beds may cost those who will need it.

`c_j · Φ((A24 + queue_j + 1 − free_j − D24) / √V) · min(1, expected stay / 3 d)`; arrivals, departures and variance are
refreshed hourly, queue and free beds are read live. Source: DESIGN §3, measured on a simulated house.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from engine.core.decisions import PoolForecast
from engine.core.events import Needs
from engine.core.facility import ISOLATION, Facility
from engine.core.policy import ShortageCeilings
from engine.core.terms import Equipment, Level, Precaution

WINDOW_HOURS = 24.0
FULL_PRICE_STAY_HOURS = 72.0
DEMAND_MEMORY_DAYS = 7.0
_PRIOR_OCCUPANCY = 0.9
_PRIOR_STAY_DAYS = 5.0
_NEEDS_OWN_AIR = frozenset({Precaution.AIRBORNE, Precaution.PROTECTIVE})


def pools_needed(needs: Needs) -> tuple[str, ...]:
    """The pools this patient has to draw on."""
    pools: list[str] = []
    if needs.level is not Level.ACUTE:
        pools.append(needs.level.name.lower())
    if needs.precautions & _NEEDS_OWN_AIR:
        pools.append(ISOLATION if needs.level is Level.ACUTE else f"{ISOLATION}_higher_level")
    pools += [item.value for item in (Equipment.TELEMETRY, Equipment.BARIATRIC) if item in needs.equipment]
    if needs.level is Level.ACUTE:
        pools.append(f"home:{needs.service}")
    return tuple(pools)


def shortage_probability(forecast: PoolForecast, waiting: int, free: int) -> float:
    """P(within 24 h the pool has no bed for somebody who needs it), by a normal approximation."""
    shortfall = forecast.arrivals + waiting + 1 - free - forecast.departures
    return 0.5 * (1.0 + math.erf(shortfall / math.sqrt(2.0 * max(forecast.variance, 1e-6))))


def pool_price(ceilings: ShortageCeilings, pool: str, forecast: PoolForecast | None, waiting: int, free: int) -> float:
    """Wait-hours that taking one bed of this pool for a long stay is expected to cost others."""
    if forecast is None:
        return 0.0
    return ceilings.of(pool) * shortage_probability(forecast, waiting, free)


def stay_factor(expected_stay_hours: float) -> float:
    """A short stay gives the bed back before the shortage bites."""
    return min(1.0, expected_stay_hours / FULL_PRICE_STAY_HOURS)


def prior_arrivals_per_day(house: Facility) -> dict[str, float]:
    """Demand before anything was observed: the pool's beds, nine in ten in use, five days each."""
    beds: dict[str, int] = {}
    for spot in house.spots.values():
        for pool in spot.pools:
            beds[pool] = beds.get(pool, 0) + 1
    return {pool: n * _PRIOR_OCCUPANCY / _PRIOR_STAY_DAYS for pool, n in sorted(beds.items())}


def updated_rate(rate_per_day: float, counted: int, hours: float) -> float:
    """Exponentially forgetting mean of arrivals a day, with a memory of DEMAND_MEMORY_DAYS."""
    if hours <= 0:
        return rate_per_day
    share = -math.expm1(-hours / 24.0 / DEMAND_MEMORY_DAYS)
    return rate_per_day + share * (counted * 24.0 / hours - rate_per_day)


def pool_forecast(arrivals_per_day: float, leaving: Iterable[float]) -> PoolForecast:
    """From the arrival rate and each occupant's P(leaves within 24 h). Arrivals are Poisson, departures independent."""
    chances = list(leaving)
    variance = arrivals_per_day + sum(p * (1.0 - p) for p in chances)
    return PoolForecast(arrivals_per_day, sum(chances, 0.0), max(variance, 0.25))
