"""Facility to TOML: one table a ward, one line a room: a person can mend it, and a diff shows the change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import fields

from engine.core.facility import BedPlace, Facility, Room, Ward
from engine.core.policy import Policy
from engine.core.terms import Level


def dump_map(facility: Facility, policy: Policy | None = None) -> str:
    """The text of a hospital.toml that reads back as the same map (and the same policy)."""
    lines = [*_head(facility)]
    for ward in facility.wards:
        lines += ["", "[[ward]]", *_ward(ward)]
    if policy is not None:
        lines += ["", *_policy(policy)]
    return "\n".join(lines) + "\n"


def _head(facility: Facility) -> Iterator[str]:
    yield f"id = {_toml(facility.id)}"
    if facility.name:
        yield f"name = {_toml(facility.name)}"
    yield f"timezone = {_toml(facility.timezone)}"
    yield f"areas = {_toml(facility.areas)}"


def _ward(ward: Ward) -> Iterator[str]:
    for key, value in _changed(ward).items():
        if key != "rooms":
            yield f"{key} = {_toml(value)}"
    yield "rooms = ["
    for room in ward.rooms:
        yield f"  {_room(room)},"
    yield "]"


def _room(room: Room) -> str:
    """Equipment that stands at every bed is written once, for the room."""
    shared = frozenset.intersection(*(bed.equipment for bed in room.beds))
    values = _changed(room) | {"beds": [_bed(bed, shared) for bed in room.beds]}
    return _toml(values | ({"equipment": shared} if shared else {}))


def _bed(bed: BedPlace, shared: frozenset[str]) -> object:
    own = {key: value for key, value in _changed(bed).items() if key != "equipment"}
    own |= {"equipment": bed.equipment - shared} if bed.equipment - shared else {}
    return bed.id if list(own) == ["id"] else own


def _policy(policy: Policy) -> Iterator[str]:
    changed = _changed(policy)
    yield "[policy]"
    yield from (f"{key} = {_toml(value)}" for key, value in changed.items() if not isinstance(value, msgspec.Struct))
    for key, value in changed.items():
        if isinstance(value, msgspec.Struct):
            yield f"\n[policy.{key}]"
            yield from (f"{name} = {_toml(one)}" for name, one in _changed(value).items())


def _changed(struct: msgspec.Struct) -> dict[str, Any]:
    """The fields that differ from their default: the rest need not be written."""
    values = {field.name: getattr(struct, field.name) for field in fields(struct)}
    defaults = {field.name: field.default for field in fields(struct)}
    return {key: value for key, value in values.items() if value != defaults[key]}


def _toml(value: object) -> str:
    match value:
        case Level():
            return _toml(value.name.lower())
        case bool():
            return str(value).lower()
        case str():
            # JSON's escapes are TOML's, once DEL is escaped too.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
        case int() | float():
            return repr(value)
        case dict():
            return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
        case frozenset():
            return _toml(sorted(value))
        case list() | tuple():
            return "[" + ", ".join(_toml(one) for one in value) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a map")
