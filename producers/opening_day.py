"""A house at steady state as the story begins: who already lies in which bed, since when, and for how much longer.

A bed looked at on some day is more likely to hold a long stay than a short one (length bias); how far the stay has
come is even between its two ends.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from engine.core.company import company_of
from engine.core.eligibility import refusal
from engine.core.events import Needs
from engine.core.facility import Facility, Spot
from engine.core.services import Service
from engine.core.terms import BedKind
from producers.arrivals import Arrivals
from producers.demand import MATERNITY, beds_by_service
from producers.draws import draw_for
from producers.patients import draw_facts, type_of_admission
from producers.stays import PlannedStay

TRIES = 12
DRAWS_TO_CHOOSE_FROM = 24


class Occupant(msgspec.Struct, frozen=True):
    """A stay under way, the bed it lies in, and when it began."""

    stay: PlannedStay
    bed: str
    admitted_at: datetime


def occupants(arrivals: Arrivals, start: datetime, seed: int) -> list[Occupant]:
    """Who lies where at `start`: as many as the house holds on average, each where the hard rules allow it."""
    rooms: defaultdict[str, list[Needs]] = defaultdict(list)
    found: list[Occupant] = []
    full = {inflow.service.name: inflow for inflow in arrivals.inflows}
    shares = occupied_shares(arrivals)
    for bed_id, spot in arrivals.facility.spots.items():
        rng = draw_for(seed, arrivals.facility.id, "opening", bed_id)
        is_bed = spot.bed.kind is BedKind.BED and not spot.bed.surge
        if not is_bed or rng.random() >= shares.get(spot.ward.service, 0.0):
            continue
        service = full[spot.ward.service].service
        needs = _needs_that_fit(arrivals, service, spot, rooms[spot.room.id], rng)
        if needs is not None:
            rooms[spot.room.id].append(needs)
            found.append(_under_way(arrivals, service, needs, spot, start=start, rng=rng))
    babies = _babies(arrivals.facility, found)
    return [replace(one, stay=replace(one.stay, baby=None)) for one in found] + babies


def occupied_shares(arrivals: Arrivals) -> dict[str, float]:
    """Mean share of each service's beds that is occupied."""
    beds = beds_by_service(arrivals.facility)
    return {one.service.name: one.mean_patients / beds[one.service.name] for one in arrivals.inflows}


def _needs_that_fit(
    arrivals: Arrivals, service: Service, spot: Spot, others: list[Needs], rng: random.Random
) -> Needs | None:
    for _ in range(TRIES):
        needs = arrivals.needs_for(service, rng)
        if refusal(needs, spot, company_of(others)) is None:
            return needs
    return None


def _under_way(
    arrivals: Arrivals, service: Service, needs: Needs, spot: Spot, *, start: datetime, rng: random.Random
) -> Occupant:
    nights = _length_biased(arrivals, service, rng)
    admitted = (start - timedelta(days=nights * rng.random())).replace(microsecond=0)
    facts = draw_facts(needs, type_of_admission(service, rng), arrivals.facility.id, rng)
    visit = f"{arrivals.facility.id}-OPEN-{spot.bed.id}"
    stay = arrivals.course(service, needs, facts, visit=visit, arrives=admitted, stay_nights=nights, rng=rng)
    if stay.leaves_at <= start:
        stay = replace(stay, leaves_at=start + timedelta(minutes=rng.randint(15, 600)))
    return Occupant(stay, spot.bed.id, admitted)


def _length_biased(arrivals: Arrivals, service: Service, rng: random.Random) -> int:
    drawn = [arrivals.draw_nights(service, rng) for _ in range(DRAWS_TO_CHOOSE_FROM)]
    return rng.choices(drawn, drawn)[0]


def _babies(facility: Facility, mothers: list[Occupant]) -> list[Occupant]:
    """Babies of the mothers who are there, in the bassinets of the mothers' own rooms first."""
    cots = [spot for spot in facility.spots.values() if spot.bed.kind is BedKind.BASSINET]
    found = []
    for mother in mothers:
        baby = mother.stay.baby
        if mother.stay.needs.service != MATERNITY or baby is None or not cots:
            continue
        room = facility.spots[mother.bed].room.id
        cot = min(cots, key=lambda spot: (spot.room.id != room, spot.bed.id))
        cots.remove(cot)
        found.append(Occupant(baby, cot.bed.id, mother.admitted_at))
    return found
