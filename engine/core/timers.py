"""What falls due as lane time passes: prices, reservations nobody used, deferrals, opted-in releases, old visits."""

from __future__ import annotations

from datetime import timedelta

from engine.core import decisions as d
from engine.core.decisions import PoolForecast, ReleaseReason
from engine.core.queueing import place_or_queue
from engine.core.scarcity import WINDOW_HOURS, pool_forecast, updated_rate
from engine.core.settle import release
from engine.core.steps import Steps
from engine.core.terms import BedStatus

PRICES = "prices"


def fire(steps: Steps, timer: str) -> None:
    """Do what fell due at lane time `steps.now`."""
    kind, _, subject = timer.partition(":")
    if kind == "reservation":
        _expire(steps, subject)
    elif kind == "deferral":
        _look_again(steps, subject)
    elif kind == "release":
        steps.take(d.BedStatusRecorded(bed=subject, status=BedStatus.AVAILABLE, at=steps.now, timed=True))
    else:
        refresh_prices(steps)


def _expire(steps: Steps, visit_id: str) -> None:
    reserved = steps.census.visits[visit_id].reserved_bed
    steps.take(d.TimerSet(timer=f"reservation:{visit_id}", due=None))
    if reserved is not None:
        release(steps, visit_id, reserved, ReleaseReason.EXPIRED)


def _look_again(steps: Steps, visit_id: str) -> None:
    entry = steps.census.queue.get(visit_id)
    steps.take(d.TimerSet(timer=f"deferral:{visit_id}", due=None))
    if entry is not None:
        place_or_queue(steps, steps.census.visits[visit_id], entry.since)


def refresh_prices(steps: Steps) -> None:
    """The hourly part of the shortage prices, and the sweep of visits that ended long ago."""
    census, prices = steps.census, steps.census.prices
    hours = (steps.now - prices.refreshed_at).total_seconds() / 3600 if prices.refreshed_at else 0.0
    pools = sorted({*prices.arrivals_per_day, *prices.counted})
    rates = {
        pool: updated_rate(prices.arrivals_per_day.get(pool, 0.0), prices.counted.get(pool, 0), hours) for pool in pools
    }
    leaving = _leaving(steps)
    forecasts: dict[str, PoolForecast] = {pool: pool_forecast(rates[pool], leaving.get(pool, [])) for pool in pools}
    steps.take(d.PricesRefreshed(pools=forecasts, arrivals_per_day=rates, at=steps.now))
    due = steps.now + timedelta(minutes=census.policy.price_refresh_minutes)
    steps.take(d.TimerSet(timer=PRICES, due=due))
    _forget_old_visits(steps)


def _leaving(steps: Steps) -> dict[str, list[float]]:
    """P(leaves within 24 h) of every occupant, under the pools of the bed they lie in."""
    chances: dict[str, list[float]] = {}
    spots, now = steps.spots, steps.now
    lying = [visit for visit in steps.census.visits.values() if visit.bed in spots and visit.ended is None]
    for visit in sorted(lying, key=lambda one: one.id):
        assert visit.bed is not None
        chance = visit.forecast.leaves_within(WINDOW_HOURS, visit.elapsed_hours(now)) if visit.forecast else 0.2
        for pool in spots[visit.bed].pools:
            chances.setdefault(pool, []).append(chance)
    return chances


def _forget_old_visits(steps: Steps) -> None:
    oldest = steps.now - timedelta(days=steps.census.policy.remember_ended_visits_days)
    old = [v.id for v in steps.census.visits.values() if v.ended is not None and v.ended_at and v.ended_at < oldest]
    if old:
        steps.take(d.VisitsForgotten(visits=tuple(sorted(old))))
