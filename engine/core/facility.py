"""The map of a house: facility, wards, rooms, beds, and what each offers. Frozen, checked once, hashed by content."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from engine.core.terms import BedKind, Equipment, Level, Pressure, SexPolicy, Specialty


class MapError(ValueError):
    """A hospital map that cannot be used; the message is one sentence that says what to mend."""


# No omit_defaults in what is hashed or committed: msgspec compares defaults by identity, so equal values could differ
# in bytes.


class BedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One bed of the map. `surge` beds are closed until an event opens them."""

    id: str
    kind: BedKind = BedKind.BED
    equipment: frozenset[Equipment] = frozenset()
    surge: bool = False


class Room(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A room: its beds share air, sex policy and precautions."""

    id: str
    beds: tuple[BedPlace, ...]
    sex_policy: SexPolicy = SexPolicy.ONE_AT_A_TIME
    pressure: Pressure = Pressure.NEUTRAL

    @property
    def capacity(self) -> int:
        """Beds for patients who count against sharing (bassinets do not)."""
        return sum(1 for bed in self.beds if bed.kind is BedKind.BED)


class Ward(msgspec.Struct, frozen=True, kw_only=True):
    """A ward: one service at home, one level of care, one age range in years (inclusive)."""

    id: str
    service: str
    rooms: tuple[Room, ...]
    name: str = ""
    level: Level = Level.ACUTE
    related_services: frozenset[str] = frozenset()
    youngest_years: int = 0
    oldest_years: int = 130
    specialty: Specialty | None = None
    turnaround_minutes: float = 75.0
    automatic_release: bool = False


class Facility(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A house: the unit of order. `areas` are places without beds (ED, theatre, imaging)."""

    id: str
    wards: tuple[Ward, ...]
    name: str = ""
    timezone: str = "UTC"
    areas: tuple[str, ...] = ("ED", "THEATRE", "IMAGING")

    def __post_init__(self) -> None:
        _refuse_duplicates("ward", [ward.id for ward in self.wards])
        _refuse_duplicates("room", [room.id for ward in self.wards for room in ward.rooms])
        _refuse_duplicates("bed", [bed.id for ward in self.wards for room in ward.rooms for bed in room.beds])
        _refuse_empty(self)
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise MapError(
                f"time zone {self.timezone!r} is not known: use an IANA name such as America/New_York"
            ) from None

    @cached_property
    def spots(self) -> dict[str, Spot]:
        """Bed id → where it stands, in order of bed id (the order that breaks ties)."""
        kinds: dict[object, int] = {}
        found = {
            bed.id: Spot(ward, room, bed, kinds) for ward in self.wards for room in ward.rooms for bed in room.beds
        }
        return {bed_id: found[bed_id] for bed_id in sorted(found)}

    @cached_property
    def kinds(self) -> tuple[Spot, ...]:
        """One bed of each kind, indexed by Spot.kind."""
        samples: dict[int, Spot] = {}
        for spot in self.spots.values():
            samples.setdefault(spot.kind, spot)
        return tuple(samples[kind] for kind in sorted(samples))

    @cached_property
    def beds_of_kind(self) -> Counter[int]:
        """How many beds there are of each kind."""
        return Counter(spot.kind for spot in self.spots.values())

    @cached_property
    def _age_limits(self) -> list[int]:
        return sorted({limit for ward in self.wards for limit in (ward.youngest_years, ward.oldest_years + 1)})

    def age_band(self, age_years: int | None) -> int | None:
        """The youngest age that every ward's limits treat like this one; None stays None."""
        if age_years is None:
            return None
        band = bisect_right(self._age_limits, age_years)
        return self._age_limits[band - 1] if band else -1

    @cached_property
    def memo(self) -> dict[object, object]:
        """Room for what is derived from this map alone and dear to derive again; never part of the state."""
        return {}

    @cached_property
    def sha256(self) -> str:
        """Hash of the content: two maps with the same beds and offers are the same map."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Services that have a home ward, sorted."""
        return tuple(sorted({ward.service for ward in self.wards}))


class Spot:
    """A bed with its room and ward: what rules and scores look at. One per bed, made once per map.

    Beds of the same `kind` look the same to any patient as long as their rooms hold the same people.
    """

    __slots__ = ("bed", "kind", "pools", "room", "ward")

    def __init__(self, ward: Ward, room: Room, bed: BedPlace, kinds: dict[object, int]) -> None:
        self.ward = ward
        self.room = room
        self.bed = bed
        self.pools = pools_of(ward, room, bed)
        looks = (ward.id, room.sex_policy, room.pressure, room.capacity, bed.kind, bed.equipment)
        self.kind = kinds.setdefault(looks, len(kinds))


ISOLATION = "isolation"


def pools_of(ward: Ward, room: Room, bed: BedPlace) -> tuple[str, ...]:
    """The scarce pools this bed belongs to (design: intensive, step-down, isolation, telemetry, bariatric, home)."""
    pools: list[str] = []
    if ward.level is not Level.ACUTE:
        pools.append(ward.level.name.lower())
    if is_isolation_room(room):
        pools.append(ISOLATION if ward.level is Level.ACUTE else f"{ISOLATION}_higher_level")
    pools += [item.value for item in (Equipment.TELEMETRY, Equipment.BARIATRIC) if item in bed.equipment]
    if ward.level is Level.ACUTE:
        pools.append(f"home:{ward.service}")
    return tuple(pools)


def is_isolation_room(room: Room) -> bool:
    """A room with its own air counts as isolation capacity; any single room can hold contact or droplet precautions."""
    return room.pressure is not Pressure.NEUTRAL


def _refuse_duplicates(what: str, ids: list[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            raise MapError(f"{what} id {one!r} appears twice in the map: give every {what} an id of its own")
        seen.add(one)


def _refuse_empty(facility: Facility) -> None:
    if not facility.id:
        raise MapError("the facility has no id: set `id` at the top of the map")
    for ward in facility.wards:
        for room in ward.rooms:
            if not room.beds:
                raise MapError(f"room {room.id!r} has no beds: give it at least one bed or take it out")
