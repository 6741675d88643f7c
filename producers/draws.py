"""Draws that depend on their key alone: the same seed gives the same house, whatever order things are asked in."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from producers.calibration import (
    DISCHARGE_HAZARD,
    DISCHARGE_HOURS,
    LONG_STAY_SHARE,
    LONG_STAY_SHIFT,
    LONG_STAY_SIGMA,
    LONGEST_STAY_NIGHTS,
    LogNormal,
)

Hours = Sequence[tuple[int, int, float]]


def draw_for(*key: object) -> random.Random:
    """A generator of its own for this key."""
    return random.Random("/".join(map(str, key)))


def nights(shape: LogNormal, rng: random.Random, *, long_stays: bool = True) -> int:
    """Whole nights, at least 1 and at most the export's cap; with `long_stays` some take much longer."""
    is_long = long_stays and rng.random() < LONG_STAY_SHARE
    mu, sigma = (shape.mu + LONG_STAY_SHIFT, LONG_STAY_SIGMA) if is_long else (shape.mu, shape.sigma)
    return min(max(1, round(rng.lognormvariate(mu, sigma))), LONGEST_STAY_NIGHTS)


def with_mean(mean_nights: float, sigma: float, *, long_stays: bool) -> LogNormal:
    """The log-normal whose `nights` (long stays included) have this mean, but for rounding and the cap."""
    tail = LONG_STAY_SHARE * math.exp(LONG_STAY_SHIFT + LONG_STAY_SIGMA**2 / 2) if long_stays else 0.0
    body = (1 - LONG_STAY_SHARE if long_stays else 1.0) * math.exp(sigma**2 / 2)
    return LogNormal(math.log(mean_nights / (body + tail)), sigma)


def moment(day: date, hours: Hours, zone: ZoneInfo, rng: random.Random) -> datetime:
    """A time on that local day, by the hourly profile, to the second."""
    start, end, _ = rng.choices(hours, [share for _, _, share in hours])[0]
    seconds = rng.randrange(start * 3600, end * 3600)
    clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    return datetime.combine(day, clock, zone).astimezone(ZoneInfo("UTC"))


def departure(admitted: datetime, stay_nights: int, zone: ZoneInfo, rng: random.Random) -> datetime:
    """When the patient leaves: about `stay_nights` later, on a day people are discharged, by the hour profile."""
    day = admitted.astimezone(zone).date() + timedelta(days=stay_nights)
    near = [day + timedelta(days=shift) for shift in (-1, 0, 1) if stay_nights + shift >= 1]
    likely = [DISCHARGE_HAZARD[one.weekday()] * (2 if one == day else 1) for one in near]
    return moment(rng.choices(near, likely)[0], DISCHARGE_HOURS, zone, rng)


def count(mean: float, rng: random.Random) -> int:
    """A Poisson draw (Knuth's product of uniforms; fine for the hundreds a day a house sees)."""
    limit, product, found = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        found += 1
    return found


def between(span: tuple[float, float], rng: random.Random) -> float:
    return rng.uniform(*span)
