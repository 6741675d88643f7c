"""A hospital map's TOML tables to Facility and Policy; every mistake is one sentence that says where it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import fields

from engine.core.errors import BadInput
from engine.core.facility import BedPlace, Facility, MapError, Room, Ward
from engine.core.policy import Deferral, Planning, Policy, ShortageCeilings, Weights
from engine.core.terms import BedKind, Equipment, Level, Pressure, SexPolicy, Specialty

S = TypeVar("S", bound=msgspec.Struct)

LEVELS = {level.name.lower(): level for level in Level}
_CHOICES: dict[str, type[Enum]] = {
    "kind": BedKind,
    "equipment": Equipment,
    "sex_policy": SexPolicy,
    "pressure": Pressure,
    "specialty": Specialty,
}
_POLICY_TABLES: dict[str, type[msgspec.Struct]] = {
    "weights": Weights,
    "shortage": ShortageCeilings,
    "deferral": Deferral,
    "planning": Planning,
}


class BadMap(BadInput):
    """A map file that cannot be used; the message names the file, the place in it, and what to mend."""


def facility_of(table: Mapping[str, object], source: str) -> Facility:
    """The facility that the top of a map file describes. `source` is the file's name, for messages."""
    top = {key: value for key, value in table.items() if key != "policy"}
    # In the file it is one [[ward]] a ward; the facility calls them wards.
    _known_keys(top, {"id", "name", "timezone", "areas", "ward"}, source)
    wards = tuple(_ward(item, source) for item in _tables(top.pop("ward", None), source, "ward"))
    return _made(Facility, top | {"wards": wards}, source)


def policy_of(table: Mapping[str, object], source: str) -> Policy | None:
    """The [policy] of a map file; None when it has none."""
    if "policy" not in table:
        return None
    where = f"{source}: [policy]"
    values = dict(_table(table["policy"], where))
    for key, kind in _POLICY_TABLES.items():
        if key in values:
            place = f"{source}: [policy.{key}]"
            values[key] = _made(kind, _with_levels(_table(values[key], place), place), place)
    return _made(Policy, values, where)


def _ward(item: object, source: str) -> Ward:
    where = f"{source}: ward {_id_of(item)}"
    values = dict(_table(item, where))
    rooms = tuple(_room(room, where) for room in _tables(values.get("rooms"), where, "rooms"))
    return _made(Ward, _with_levels(values, where) | {"rooms": rooms}, where)


def _room(item: object, ward: str) -> Room:
    where = f"{ward}, room {_id_of(item)}"
    values = dict(_table(item, where))
    shared = values.pop("equipment", [])
    _choices({"equipment": shared}, where)
    found = values.get("beds")
    if not isinstance(found, list):
        raise BadMap(f'{where}: `beds` is missing: list the room\'s beds, such as beds = ["12A", "12B"]')
    return _made(Room, values | {"beds": tuple(_bed(bed, shared, where) for bed in found)}, where)


def _bed(item: object, shared: Iterable[str], room: str) -> BedPlace:
    """A bed is its id alone, or a table; equipment named for the room stands at each of its beds."""
    values = {"id": item} if isinstance(item, str) else dict(_table(item, f"{room}, bed {item!r}"))
    where = f"{room}, bed {_id_of(values)}"
    _choices(values, where)
    equipment = sorted({*shared, *values.get("equipment", [])})
    return _made(BedPlace, values | {"equipment": equipment}, where)


def _made(kind: type[S], values: Mapping[str, Any], where: str) -> S:
    _known_keys(values, {field.name for field in fields(kind)}, where)
    for field in fields(kind):
        if field.default is NODEFAULT and field.default_factory is NODEFAULT and field.name not in values:
            raise BadMap(f"{where}: `{field.name}` is missing")
    _choices(values, where)
    try:
        return msgspec.convert(dict(values), kind)
    except MapError as error:
        raise BadMap(f"{where}: {error}") from None
    except msgspec.ValidationError as error:
        raise BadMap(f"{where}: {_plain(error)}") from None


def _plain(error: msgspec.ValidationError) -> str:
    """Msgspec's message with the key in front; a MapError inside it has spoken for itself."""
    if isinstance(error.__cause__, MapError):
        return str(error.__cause__)
    what, _, path = str(error).partition(" - at ")
    key = re.search(r"\$\.(\w+)", path)
    return f"`{key[1]}`: {what.lower()}" if key else what


def _known_keys(values: Mapping[str, object], known: set[str], where: str) -> None:
    for key in values:
        if key not in known:
            raise BadMap(f"{where}: `{key}` is not a key here{_nearest(key, known)}")


def _choices(values: Mapping[str, Any], where: str) -> None:
    for key, kind in _CHOICES.items():
        given = values.get(key, [])
        for value in given if isinstance(given, (list, tuple)) else [given]:
            _choice(key, value, [str(member.value) for member in kind], where)


def _choice(key: str, value: object, known: list[str], where: str) -> None:
    if not isinstance(value, str) or value not in known:
        raise BadMap(f"{where}: {key} {value!r} is not known{_nearest(str(value), known)}")


def _with_levels(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Levels of care are written by name."""
    read = dict(values)
    for key in ("level", "levels"):
        if key in read:
            many = read[key] if isinstance(read[key], list) else [read[key]]
            for name in many:
                _choice("level", name, list(LEVELS), where)
            read[key] = LEVELS[read[key]] if key == "level" else tuple(LEVELS[name] for name in many)
    return read


def _nearest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f": did you mean {near[0]!r}?" if near else f": use one of {', '.join(sorted(known))}"


def _id_of(item: object) -> str:
    return repr(item["id"]) if isinstance(item, Mapping) and "id" in item else "without an id"


def _table(item: object, where: str) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise BadMap(f"{where}: this must be a table of keys and values")
    return item


def _tables(item: object, where: str, key: str) -> list[object]:
    if not isinstance(item, list) or not item:
        raise BadMap(f"{where}: `{key}` is missing: a map needs at least one ward, and a ward at least one room")
    return item
