"""A believable house, sized from demand or from a number of beds. Pure: the same request gives the same map."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import count
from math import ceil
from random import Random

from engine.core.facility import Facility, MapError, Room, Ward
from engine.core.room_mix import mix_of
from engine.core.rooms import cots_at_bedside, rooms_for
from engine.core.services import SERVICES, admission_share
from engine.core.sizing import Demand, beds_for, demand_that_fills
from engine.core.terms import Level

SMALLEST_HOUSE_BEDS = 15
LARGEST_HOUSE_BEDS = 20_000
MATERNITY, NEWBORN = "maternity", "newborn"

# The smallest house (beds) that keeps a ward for the service. In a smaller one an acute patient lies on a related ward;
# children, mothers and psychiatric patients go to another house.
WARD_FROM_BEDS = {
    "medicine": 0,
    "surgery": 0,
    "intensive_care": 0,
    "step_down": 50,
    "maternity": 50,
    "newborn": 50,
    "orthopaedics": 50,
    "cardiology": 50,
    "observation": 100,
    "paediatrics": 100,
    "psychiatry": 100,
    "neurology": 150,
    "oncology": 150,
}


def layout_for_beds(facility_id: str, beds: int, *, seed: int = 0, target_occupancy: float = 0.85) -> Facility:
    """A house with `beds` staffed beds and the usual services; bassinets and surge beds come on top.

    `seed` varies the order of the rooms. Raises MapError outside 15 to 20,000 beds.
    """
    if not SMALLEST_HOUSE_BEDS <= beds <= LARGEST_HOUSE_BEDS:
        raise MapError(f"{beds} beds cannot be laid out: ask for {SMALLEST_HOUSE_BEDS} to {LARGEST_HOUSE_BEDS:,}")
    demand = usual_demand(beds, target_occupancy)
    wanted = _beds_by_ward(demand, target_occupancy)
    spare = beds - sum(wanted[key] for key in wanted if key[0] != NEWBORN)
    wanted["medicine", Level.ACUTE] += spare
    return _house(facility_id, wanted, seed)


def layout_for_demand(
    facility_id: str, demand: Sequence[Demand], target_occupancy: float = 0.85, *, seed: int = 0
) -> Facility:
    """A house that carries `demand` at `target_occupancy`, each service at each level on wards of its own.

    Demand for the service `newborn` gives bassinets at the mothers' bedside. Raises MapError when there is nothing to
    size, or newborns without `maternity`.
    """
    if not demand:
        raise MapError("there is no demand to size a house from: name at least one service")
    return _house(facility_id, _beds_by_ward(demand, target_occupancy), seed)


def usual_demand(beds: int, target_occupancy: float = 0.85) -> list[Demand]:
    """The most of the usual mix (see services.py) that a house of `beds` beds carries at `target_occupancy`."""
    here = [service for name, service in SERVICES.items() if WARD_FROM_BEDS[name] <= beds]
    load: defaultdict[str, float] = defaultdict(float)
    for name, service in SERVICES.items():
        lies_on = name if service in here else "medicine"
        if service in here or service.specialty is None:
            load[lies_on] += admission_share(name) * service.mean_stay_days
    mix = [Demand(one.name, load[one.name] / one.mean_stay_days, one.mean_stay_days, one.level) for one in here]
    staffed = demand_that_fills(beds, [one for one in mix if one.service != NEWBORN], target_occupancy)
    rate = staffed[0].admissions_per_day / mix[0].admissions_per_day
    newborns = [
        Demand(NEWBORN, one.admissions_per_day * rate, one.mean_stay_days) for one in mix if one.service == NEWBORN
    ]
    return staffed + newborns


def _beds_by_ward(demand: Sequence[Demand], target_occupancy: float) -> Counter[tuple[str, Level]]:
    load: defaultdict[tuple[str, Level], float] = defaultdict(float)
    for one in demand:
        load[one.service, one.level] += one.load
    return Counter({key: beds_for(value, target_occupancy) for key, value in load.items()})


def _house(facility_id: str, wanted: Counter[tuple[str, Level]], seed: int) -> Facility:
    cots = sum(wanted.pop((NEWBORN, level), 0) for level in Level)
    if cots and (MATERNITY, Level.ACUTE) not in wanted:
        raise MapError("newborns lie beside their mothers: add demand for `maternity`")
    rng = Random(seed)
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))
    present = {service for service, _ in wanted}
    wards: list[Ward] = []
    for (service, level), beds in wanted.items():
        mix = mix_of(service)
        for part in _split(beds, ceil(beds / mix.largest_ward)):
            ward_id = f"{mix.code}{next(numbers[mix.code])}"
            rooms = tuple(rooms_for(ward_id, part, mix, rng))
            wards.append(_ward(ward_id, service, level, rooms, _related(service, level, present)))
    return Facility(id=facility_id, name=facility_id, wards=tuple(cots_at_bedside(wards, MATERNITY, cots)))


def _ward(ward_id: str, service: str, level: Level, rooms: tuple[Room, ...], related: frozenset[str]) -> Ward:
    known = SERVICES.get(service)
    return Ward(
        id=ward_id,
        name=f"{service.replace('_', ' ').capitalize()} {ward_id}",
        service=service,
        level=level,
        rooms=rooms,
        related_services=related,
        # Mothers' wards hold newborns too, so their age limit has no lower end.
        youngest_years=0 if service == MATERNITY or known is None else known.youngest_years,
        oldest_years=known.oldest_years if known else 130,
        specialty=known.specialty if known else None,
        turnaround_minutes=mix_of(service).turnaround_minutes,
    )


def _related(service: str, level: Level, present: set[str]) -> frozenset[str]:
    """Whose patients are not out of place here: related ones, those without a ward here, any on a higher level."""
    acute = {one.name for one in SERVICES.values() if one.specialty is None and one.level is Level.ACUTE}
    if level is not Level.ACUTE:
        return frozenset(acute | {"intensive_care", "step_down"} - {service})
    related = {name for name, one in SERVICES.items() if service in one.related} & acute
    if service in SERVICES:
        related |= SERVICES[service].related & acute
    if service == "medicine":
        related |= acute - present
    return frozenset(related - {service})


def _split(beds: int, parts: int) -> list[int]:
    """`beds` in `parts` nearly equal wards, larger ones first."""
    each, more = divmod(beds, parts)
    return [each + (index < more) for index in range(parts)]
