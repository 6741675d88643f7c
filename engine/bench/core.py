"""How much processor time one placement takes, and how much memory a house needs: `bedstream bench core`.

A laid-out house at 90 % occupancy with some dirty beds and a mixed queue of arrivals. Timed is the choice of the bed
(`best_bed`), and the whole decision (`step`: facts, placement, ledger record), each event applied before the next.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from time import thread_time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from engine.core import events as e
from engine.core.census import Census
from engine.core.facility import Facility, Spot
from engine.core.layout import layout_for_beds
from engine.core.ledger import Arrival, Opening, Position, apply_record, step
from engine.core.placement import best_bed
from engine.core.policy import Policy
from engine.core.services import SERVICES, admission_share
from engine.core.stay import KNOT_NIGHTS, StayForecast, forecast_from_survival
from engine.core.terms import BedKind, BedStatus, Equipment, Precaution, Sex

OCCUPANCY, DIRTY, ROUNDS = 0.90, 0.03, 1_000
CHOICE = "choice of the bed"
TARGET_US = {1_000: 200.0, 10_000: 2_000.0}  # the choice of the bed, on one core
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


class Lane:
    """A facility, its census and an endless log."""

    def __init__(self, house: Facility, rng: Random) -> None:
        self.house, self.rng = house, rng
        self.census = Census(house.id)
        self.opening = Opening(house, Policy(), "bench")
        self.offsets = count()
        self.now = START

    def hears(self, kind: type[Any], forecast: StayForecast | None = None, **rest: Any) -> float:
        """One event through the engine; seconds of its `step`."""
        offset = next(self.offsets)
        self.now += timedelta(seconds=2)
        event = kind(event_id=f"e{offset}", facility=self.house.id, at=self.now, source="bench", **rest)
        arrival = Arrival(event, Position("bench", 0, offset), self.now)
        begun = thread_time()
        record = step(self.census, arrival, {event.event_id: forecast} if forecast else {}, self.opening)
        seconds = thread_time() - begun
        apply_record(self.census, record)
        return seconds


def drawn_needs(rng: Random) -> e.Needs:
    """An adult of the usual mix of services, with equipment and precautions in believable shares."""
    service = rng.choices(_ADULT, weights=[admission_share(one.name) for one in _ADULT])[0]
    equipment = {Equipment.TELEMETRY} if rng.random() < service.telemetry_share else set()
    precautions = (
        {Precaution.AIRBORNE} if rng.random() < 0.012 else {Precaution.CONTACT} if rng.random() < 0.06 else set()
    )
    return e.Needs(
        service=service.name,
        level=service.level,
        sex=rng.choice([Sex.FEMALE, Sex.MALE]),
        age_years=rng.randint(20, 90),
        equipment=frozenset(equipment),
        precautions=frozenset(precautions),
    )


_ADULT = [one for one in SERVICES.values() if one.specialty is None]


def forecast_for(rng: Random) -> StayForecast:
    """A stay whose mean is drawn, so that few forecasts are alike."""
    daily = 1 - 1 / rng.uniform(1.5, 12.0)
    return forecast_from_survival([daily**knot for knot in KNOT_NIGHTS], "bench")


def filled(beds: int, rng: Random) -> Lane:
    """A house in which 90 % of the beds are taken, room by room of one sex, and 3 % are dirty."""
    lane = Lane(layout_for_beds("BENCH", beds), rng)
    sexes = {room.id: rng.choice([Sex.FEMALE, Sex.MALE]) for ward in lane.house.wards for room in ward.rooms}
    for bed, spot in lane.house.spots.items():
        drawn = rng.random()
        if spot.bed.surge or spot.bed.kind is BedKind.BASSINET or drawn > OCCUPANCY + DIRTY:
            continue
        if drawn > OCCUPANCY:
            lane.hears(e.BedStatusChanged, bed=bed, status=BedStatus.DIRTY)
        else:
            needs = _needs_of(spot, sexes[spot.room.id])
            lane.hears(e.PatientLocated, forecast_for(rng), visit=f"in {bed}", place=e.Place(bed), needs=needs)
    lane.now += timedelta(hours=1)
    lane.hears(e.TimePassed)
    return lane


def _needs_of(spot: Spot, sex: Sex) -> e.Needs:
    return e.Needs(
        service=spot.ward.service, level=spot.ward.level, sex=sex, age_years=50, specialty=spot.ward.specialty
    )


def timings(lane: Lane) -> dict[str, list[float]]:
    """Seconds of each best_bed and of each whole decision, by what happened; the house stays as full as it was."""
    taken: dict[str, list[float]] = {CHOICE: [], "request": [], "arrival in the bed": [], "departure": []}
    for patient in range(ROUNDS):
        visit, needs, forecast = f"new {patient}", drawn_needs(lane.rng), forecast_for(lane.rng)
        taken["request"].append(lane.hears(e.PlacementRequested, forecast, visit=visit, needs=needs))
        bed = lane.census.visits[visit].reserved_bed
        if bed is None:
            lane.hears(e.AdmissionCancelled, visit=visit)
            continue
        known = lane.census.visits[visit]
        begun = thread_time()
        best_bed(lane.census, known, lane.now)
        taken[CHOICE].append(thread_time() - begun)
        taken["arrival in the bed"].append(lane.hears(e.PatientLocated, visit=visit, place=e.Place(bed)))
        taken["departure"].append(lane.hears(e.VisitDischarged, visit=visit))
        lane.hears(e.BedStatusChanged, bed=bed, status=BedStatus.AVAILABLE)
    return taken


def measure_core(sizes: Sequence[int], console: Console) -> None:
    """Print one table per question."""
    table = Table(
        "beds", "what", "n", "p50 µs", "p99 µs", "max µs", "target", title="One decision at 90 % occupancy, in memory"
    )
    held = Table("beds", "MB", "MB per 1,000 beds", title="The census in memory")
    for beds in sizes:
        megabytes = _megabytes(beds)
        held.add_row(f"{beds:,}", f"{megabytes:.1f}", f"{megabytes * 1000 / beds:.1f}")
        for what, seconds in timings(filled(beds, Random(1))).items():
            p50, p99, most = np.percentile(np.array(seconds) * 1e6, [50, 99, 100])
            target = f"≤ {TARGET_US[beds]:,.0f}" if what == CHOICE and beds in TARGET_US else "–"
            table.add_row(f"{beds:,}", what, f"{len(seconds):,}", f"{p50:,.0f}", f"{p99:,.0f}", f"{most:,.0f}", target)
    console.print(table, held)


def _megabytes(beds: int) -> float:
    """What the filled house adds to the heap: census, map, forecasts, and what was derived from them."""
    gc.collect()
    tracemalloc.start()
    lane = filled(beds, Random(1))
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del lane
    return held / 1e6
