"""The rooms of one ward: sizes, air, equipment, surge beds, and bassinets at the mothers' bedside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from msgspec.structs import replace

from engine.core.facility import BedPlace, Room, Ward
from engine.core.room_mix import RoomMix
from engine.core.terms import BedKind, Equipment, Pressure, SexPolicy


def rooms_for(ward_id: str, beds: int, mix: RoomMix, rng: Random) -> Iterator[Room]:
    """Rooms that hold exactly `beds` beds in the shares of `mix`, numbered in order; then the surge room, if any."""
    sizes = _sizes(beds, mix)
    rng.shuffle(sizes)
    air, equipment = _air(beds, mix), _equipment(beds, mix)
    number = 0
    for number, size in enumerate(sizes, start=1):
        offers = [equipment.pop() for _ in range(size)]
        yield _room(f"{ward_id}-{number:02}", offers, air.pop() if size == 1 and air else Pressure.NEUTRAL, mix)
    if mix.surge:
        room = _room(f"{ward_id}-{number + 1:02}", [mix.everywhere] * mix.surge, Pressure.NEUTRAL, mix)
        yield replace(room, beds=tuple(replace(bed, surge=True) for bed in room.beds))


def cots_at_bedside(wards: Sequence[Ward], service: str, cots: int) -> list[Ward]:
    """`wards` with `cots` bassinets spread over the rooms of `service`, as evenly as can be."""
    rooms = sum(len(ward.rooms) for ward in wards if ward.service == service)
    given = iter([cots // rooms + (index < cots % rooms) for index in range(rooms)] if rooms else [])
    return [
        replace(ward, rooms=tuple(_with_cots(room, next(given)) for room in ward.rooms))
        if ward.service == service
        else ward
        for ward in wards
    ]


def _with_cots(room: Room, cots: int) -> Room:
    added = tuple(BedPlace(id=f"{room.id}N{number}", kind=BedKind.BASSINET) for number in range(1, cots + 1))
    return replace(room, beds=room.beds + added)


def _sizes(beds: int, mix: RoomMix) -> list[int]:
    fours = round(beds * mix.fours / 4)
    singles = min(round(beds * mix.singles), beds - 4 * fours)
    singles += (beds - 4 * fours - singles) % 2
    return [4] * fours + [2] * ((beds - 4 * fours - singles) // 2) + [1] * singles


def _air(beds: int, mix: RoomMix) -> list[Pressure]:
    negative = max(1, round(beds * mix.negative)) if mix.negative else 0
    return [Pressure.POSITIVE] * round(beds * mix.positive) + [Pressure.NEGATIVE] * negative


def _equipment(beds: int, mix: RoomMix) -> list[frozenset[Equipment]]:
    """One set of equipment for each bed; bariatric beds are spread over the ward, the monitored ones stand together."""
    watched, wide = round(beds * mix.telemetry), round(beds * mix.bariatric)
    every = beds // wide if wide else 0
    return [
        mix.everywhere
        | ({Equipment.TELEMETRY} if place < watched else frozenset())
        | ({Equipment.BARIATRIC} if every and place % every == every // 2 and place // every < wide else frozenset())
        for place in range(beds)
    ]


def _room(room_id: str, offers: Sequence[frozenset[Equipment]], pressure: Pressure, mix: RoomMix) -> Room:
    letters = [chr(ord("A") + place) for place in range(len(offers))]
    beds = tuple(BedPlace(id=f"{room_id}{letter}", equipment=has) for letter, has in zip(letters, offers, strict=True))
    shared = SexPolicy.ANY if mix.any_sex or len(beds) == 1 else SexPolicy.ONE_AT_A_TIME
    return Room(id=room_id, beds=beds, sex_policy=shared, pressure=pressure)
