"""The best bed, found among kinds of beds and their company, is the best bed found by looking at every single one."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.core import decisions as d
from engine.core.census import Census
from engine.core.events import Needs, PlacementRequested
from engine.core.placement import APART_FROM_MOTHER, best_bed
from engine.core.preferences import daily_cost, wait_weight
from engine.core.reasons import Refusal
from engine.core.scarcity import pools_needed, shortage_probability
from engine.core.terms import BedKind, BedStatus
from engine.core.visit import Visit
from tests.property.plain_rules import allowed, home_of, house_of, is_free, is_open, room_mates
from tests.property.profile import search
from tests.property.small_houses import HOUSES, any_needs
from tests.scenarios.house import House, nights

VISITS = ("Ann", "Bob", "Cal", "Dee", "Eve")
TURNED_OVER = (BedStatus.DIRTY, BedStatus.CLEANING)


@st.composite
def houses(draw: st.DrawFn) -> House:
    """A house with some patients in beds, some waiting, some beds dirty, and prices that are not zero."""
    house = House(draw(st.sampled_from(HOUSES)), forecast=nights(draw(st.floats(0.5, 20))))
    for bed in house.map.spots:
        happens = draw(st.sampled_from(["", "", "lies", "dirty", "cleaning", "blocked", "held"]))
        if happens == "lies":
            house.locates(f"in {bed}", bed, needs=draw(any_needs(VISITS)))
        elif happens == "held":
            house.holds(bed)
        elif happens:
            house.bed_is(bed, happens, hours_ago=draw(st.floats(0, 3)))
    for visit in VISITS[1:]:
        if draw(st.booleans()):
            house.happens(asked(house, visit, draw(any_needs(VISITS))))
    house.time_passes(hours=draw(st.floats(0, 3)))
    return house


def asked(house: House, visit: str, needs: Needs) -> PlacementRequested:
    name = f"asked {visit}"
    return PlacementRequested(
        event_id=name, facility=house.map.id, at=house.now, source="test", visit=visit, needs=needs
    )


@search(examples=200)
@given(houses(), any_needs(VISITS))
def test_the_best_bed_is_the_best_of_all_beds(house: House, needs: Needs):
    census, now = house.census, house.now
    visit = Visit(id="New", needs=needs, forecast=nights(4.0))
    draft = census.draft()
    draft.apply(d.VisitRecorded(visit=visit))
    found = best_bed(draft, visit, now)
    expected = best_of_all(draft, visit, now)
    assert (found and found.bed) == expected[0]
    if found is not None:
        assert abs(found.choice.cost - expected[1]) < 1e-5
        assert abs(sum(found.choice.terms.values()) - expected[1]) < 1e-4


def best_of_all(census: Census, visit: Visit, now: datetime) -> tuple[str | None, float]:
    """Every bed that is open, else every bed that is ready soon; the cheapest, then the lowest id."""
    beds = [bed for bed in house_of(census).spots if allowed(census, visit.id, bed)]
    openings = [bed for bed in beds if is_open(census, bed)]
    soon = [bed for bed in beds if is_free(census, bed) and _is_ready_soon(census, bed, now)]
    ranked = sorted((round(cost(census, visit, bed, now), 9), bed) for bed in openings or soon)
    return (ranked[0][1], ranked[0][0]) if ranked else (None, 0.0)


def cost(census: Census, visit: Visit, bed: str, now: datetime) -> float:
    """The design's score, term by term."""
    needs, policy = visit.needs, census.policy
    assert needs is not None
    assert visit.forecast is not None
    _, room, _ = home_of(census, bed)
    hours = visit.forecast.mean_residual_hours()
    per_day = sum(daily_cost(needs, house_of(census).spots[bed], policy.weights).values())
    once = 0.0
    beds = sum(place.kind is BedKind.BED for place in room.beds)
    if not needs.newborn and beds > 1 and not room_mates(census, room, {visit.id}):
        once += policy.weights.open_shared_room_per_extra_bed * (beds - 1)
    if needs.newborn and needs.mother and not _mother_is_here(census, needs.mother, bed):
        once += APART_FROM_MOTHER
    wait = (_ready_at(census, bed, now) - now).total_seconds() / 3600 if not is_open(census, bed) else 0.0
    once += wait * wait_weight(needs, policy.weights)
    return per_day * hours / 24 + prices(census, visit, bed) * min(1.0, hours / 72) + once


def prices(census: Census, visit: Visit, bed: str) -> float:
    """Shortage prices of the pools this bed belongs to and the patient does not need, counted by hand."""
    spots, total = house_of(census).spots, 0.0
    assert visit.needs is not None
    for pool in spots[bed].pools:
        forecast = census.prices.pools.get(pool)
        if pool not in pools_needed(visit.needs) and forecast is not None:
            free = sum(is_open(census, one) and pool in spots[one].pools for one in spots)
            waiting = sum(pool in pools_needed(census.visits[one].needs) for one in census.queue)
            total += census.policy.shortage.of(pool) * shortage_probability(forecast, waiting, free)
    return total


def _mother_is_here(census: Census, mother: str, bed: str) -> bool:
    found = census.visit(mother)
    home = (found.bed or found.reserved_bed) if found else None
    return home is not None and home_of(census, home)[1].id == home_of(census, bed)[1].id


def _ready_at(census: Census, bed: str, now: datetime) -> datetime:
    since = census.bed(bed).status_at or now
    return max(now, since + timedelta(minutes=home_of(census, bed)[0].turnaround_minutes))


def _is_ready_soon(census: Census, bed: str, now: datetime) -> bool:
    soon = timedelta(hours=census.policy.reserve_ahead_hours)
    return census.bed(bed).status in TURNED_OVER and _ready_at(census, bed, now) - now <= soon


@search(examples=100)
@given(houses(), any_needs(VISITS))
def test_a_refused_bed_is_counted_once_and_every_bed_is_refused_when_none_is_found(house: House, needs: Needs):
    house.happens(asked(house, "New", needs))
    told = house.last(d.PatientWaits)
    if told:
        assert all(isinstance(why, Refusal) for why in told[0].refusals)
        assert sum(told[0].refusals.values()) == len(house.map.spots)
