"""Eligible beds → scored → the best, with its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from engine.core.company import EMPTY, Company, company_of
from engine.core.eligibility import BED_RULES, ROOM_RULES, refusal
from engine.core.events import Needs
from engine.core.facility import Facility, Room, Spot
from engine.core.openings import Shelf, people
from engine.core.policy import Policy
from engine.core.preferences import daily_cost, opens_shared_room, unneeded_pools, wait_weight
from engine.core.reasons import Choice, CostTerm, Refusal
from engine.core.scarcity import pool_price, stay_factor
from engine.core.visit import Visit

if TYPE_CHECKING:
    from engine.core.census import Census

UNKNOWN_STAY_HOURS = 120.0  # no forecast: about New York's mean stay (5.8 d, SPARCS 2024), used for scoring only
APART_FROM_MOTHER = 6.0
MENUS_KEPT = 10_000


class Offer(NamedTuple):
    """A kind of bed that the rules allow this patient, with what does not depend on the hour."""

    cost_per_day: float
    kind: int
    spot: Spot
    terms: dict[CostTerm, float]
    pools: tuple[str, ...]


class Found(NamedTuple):
    """The best bed now; `ready_at` when it still has to be cleaned."""

    bed: str
    choice: Choice
    ready_at: datetime | None = None


def best_bed(census: Census, visit: Visit, now: datetime) -> Found | None:
    """The cheapest eligible bed that is open, else the cheapest that is ready soon; ties go to the lowest bed id."""
    assert visit.needs is not None
    found = _cheapest(census, visit, visit.needs, Shelf.OPEN, now)
    return found or _cheapest(census, visit, visit.needs, Shelf.READYING, now)


def _cheapest(census: Census, visit: Visit, needs: Needs, shelf: Shelf, now: datetime) -> Found | None:
    """Offers come in order of their cost per day, so the search ends where no later one can win."""
    stay_hours = expected_stay_hours(visit, now)
    prices = _Prices(census, stay_hours)
    best: tuple[float, str, Offer, Company, datetime | None] | None = None
    second, kinds = None, 0
    for offer in menu(census, needs):
        base = offer.cost_per_day * stay_hours / 24.0
        if best is not None and base > best[0]:
            break
        for bed, company in _first_beds(census, offer, shelf, needs):
            if refusal(needs, offer.spot, company, ROOM_RULES) is not None:
                continue
            kinds += 1
            ready_at = _ready_at(census, bed, offer.spot, now) if shelf is Shelf.READYING else None
            if ready_at is not None and ready_at - now > timedelta(hours=census.policy.reserve_ahead_hours):
                continue
            cost = base + prices.of(offer) + _once(census, needs, offer, bed, company, ready_at=ready_at, now=now)
            if best is None or (cost, bed) < best[:2]:
                second, best = best, (cost, bed, offer, company, ready_at)
            elif second is None or cost < second[0]:
                second = (cost, bed, offer, company, ready_at)
    if best is None:
        return None
    cost, bed, offer, company, ready_at = best
    terms = _terms(census, needs, offer, bed, company, ready_at=ready_at, stay_hours=stay_hours, prices=prices, now=now)
    return Found(bed, Choice(round(cost, 6), terms, kinds, round(second[0], 6) if second else None), ready_at)


def _first_beds(census: Census, offer: Offer, shelf: Shelf, needs: Needs) -> Iterator[tuple[str, Company]]:
    """The first bed of each company, and for a newborn those beside the mother (who is no stranger).

    Beds that are being made ready differ by when they will be: all of them.
    """
    if needs.newborn and needs.mother is not None:
        yield from _beds_beside(census, offer, shelf, needs.mother)
    for company, beds in census.openings.beds_by_company.get((shelf, offer.kind), {}).items():
        for bed in beds if shelf is Shelf.READYING else beds[:1]:
            yield bed, company


def _beds_beside(census: Census, offer: Offer, shelf: Shelf, mother: str) -> Iterator[tuple[str, Company]]:
    room = _room_of(census, mother)
    visit = census.visit(mother)
    if room is None or visit is None:
        return
    company = company_of(people(census, room, leaving={visit.id}))
    for place in room.beds:
        slot = census.openings.slot_of.get(place.id)
        if slot is not None and slot[:2] == (shelf, offer.kind):
            yield place.id, company


def _room_of(census: Census, visit_id: str) -> Room | None:
    """Where this visit lies, else where it is on the way to."""
    visit, house = census.visit(visit_id), census.facility
    home = visit.bed or visit.reserved_bed if visit else None
    return house.spots[home].room if house is not None and home is not None and home in house.spots else None


def menu(census: Census, needs: Needs) -> tuple[Offer, ...]:
    """Kinds of bed that the bed rules allow, cheapest per day first. Depends on map and policy alone: kept per need."""
    house, policy = census.facility, census.policy
    if house is None:
        return ()
    age_years = house.age_band(needs.age_years)
    wanted = replace(needs, age_years=age_years, mother=None, cohort=None, sex_decided_by=None)
    key = (policy.sha256, wanted)
    found = house.memo.get(key)
    if found is None:
        if len(house.memo) >= MENUS_KEPT:
            house.memo.clear()
        found = house.memo[key] = _menu(house, policy, wanted)
    return found  # type: ignore[return-value]  # the memo holds what this function alone puts under such keys


def _menu(house: Facility, policy: Policy, needs: Needs) -> tuple[Offer, ...]:
    offers = []
    for kind, spot in enumerate(house.kinds):
        if refusal(needs, spot, EMPTY, BED_RULES) is None:
            terms = daily_cost(needs, spot, policy.weights)
            offers.append(Offer(sum(terms.values()), kind, spot, terms, unneeded_pools(needs, spot)))
    return tuple(sorted(offers, key=lambda offer: (offer.cost_per_day, offer.kind)))


class _Prices:
    """Shortage prices as of now, each pool looked up once."""

    def __init__(self, census: Census, stay_hours: float) -> None:
        self._census = census
        self._factor = stay_factor(stay_hours)
        self._known: dict[str, float] = {}

    def of(self, offer: Offer) -> float:
        total = 0.0
        for pool in offer.pools:
            price = self._known.get(pool)
            if price is None:
                price = self._known[pool] = price_of(self._census, pool)
            total += price
        return total * self._factor


def price_of(census: Census, pool: str) -> float:
    """The shortage price of a pool now, for a stay of three days or more."""
    openings = census.openings
    waiting, free = openings.waiting.get(pool, 0), openings.free.get(pool, 0)
    return pool_price(census.policy.shortage, pool, census.prices.pools.get(pool), waiting, free)


def expected_stay_hours(visit: Visit, now: datetime) -> float:
    """Residual hours expected, from the forecast conditioned on the hours stayed."""
    if visit.forecast is None:
        return UNKNOWN_STAY_HOURS
    return visit.forecast.mean_residual_hours(visit.elapsed_hours(now))


def _once(
    census: Census,
    needs: Needs,
    offer: Offer,
    bed: str,
    company: Company,
    *,
    ready_at: datetime | None,
    now: datetime,
) -> float:
    """Costs paid once, not per day."""
    weights = census.policy.weights
    cost = 0.0 if needs.newborn else opens_shared_room(offer.spot, company, weights)
    if needs.mother is not None and needs.newborn:
        room = _room_of(census, needs.mother)
        beside = room is not None and any(place.id == bed for place in room.beds)
        cost += 0.0 if beside else APART_FROM_MOTHER
    return cost + _late(needs, ready_at, now, census.policy)


def _late(needs: Needs, ready_at: datetime | None, now: datetime, policy: Policy) -> float:
    hours = (ready_at - now).total_seconds() / 3600 if ready_at is not None else 0.0
    return max(0.0, hours) * wait_weight(needs, policy.weights)


def _ready_at(census: Census, bed: str, spot: Spot, now: datetime) -> datetime:
    """When a dirty bed is expected to be clean: prediction only, it frees nothing."""
    since = census.bed(bed).status_at or now
    return max(now, since + timedelta(minutes=spot.ward.turnaround_minutes))


def _terms(
    census: Census,
    needs: Needs,
    offer: Offer,
    bed: str,
    company: Company,
    *,
    ready_at: datetime | None,
    stay_hours: float,
    prices: _Prices,
    now: datetime,
) -> dict[CostTerm, float]:
    terms = {term: cost * stay_hours / 24.0 for term, cost in offer.terms.items()}
    terms[CostTerm.SHORTAGE] = prices.of(offer)
    late = _late(needs, ready_at, now, census.policy)
    terms[CostTerm.READY_LATER] = late
    terms[CostTerm.ROOM] = _once(census, needs, offer, bed, company, ready_at=ready_at, now=now) - late
    return {term: round(cost, 6) for term, cost in terms.items() if cost}


def refusals(census: Census, needs: Needs) -> dict[Refusal, int]:
    """How many beds each rule keeps from this patient now; each counts once, under the first rule that refuses it."""
    house = census.facility
    if house is None:
        return {}
    counted: Counter[Refusal] = Counter()
    for kind, spot in enumerate(house.kinds):
        of_kind = house.beds_of_kind[kind]
        if (why := refusal(needs, spot, EMPTY, BED_RULES)) is not None:
            counted[why] += of_kind
            continue
        for company, beds in census.openings.beds_by_company.get((Shelf.OPEN, kind), {}).items():
            of_kind -= len(beds)
            if (why := refusal(needs, spot, company, ROOM_RULES)) is not None:
                counted[why] += len(beds)
        counted[Refusal.NOT_AVAILABLE] += of_kind
    return {why: beds for why, beds in counted.items() if beds}
