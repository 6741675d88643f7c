"""Hospital maps as files: hospital.toml, a directory of them, or one that comes with bedstream (`builtin:300`)."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec

from engine.adapters.map_reader import BadMap, facility_of, policy_of
from engine.adapters.map_writer import dump_map
from engine.core.facility import Facility
from engine.core.layout import layout_for_beds
from engine.core.policy import Deferral, Policy
from engine.core.terms import Level

__all__ = ["BUILTIN", "BadMap", "House", "dump_map", "load_house", "load_houses", "load_map", "load_maps"]

BUILTIN = "builtin:"
# Written down in engine/examples; the larger house is laid out on demand, for its file would be many times the others.
EXAMPLES = (20, 60, 300, 1000)
GENERATED = (5000,)
DEMO_POLICY = Policy(deferral=Deferral(levels=(Level.ACUTE,)))


class House(msgspec.Struct, frozen=True):
    """A facility and the policy its file sets; Policy() where it sets none."""

    facility: Facility
    policy: Policy


def load_map(path: Path | str) -> Facility:
    """The facility of one map file. Raises BadMap."""
    return load_house(path).facility


def load_maps(path: Path | str) -> dict[str, Facility]:
    """Facility id → facility, for a map file or a directory of them. Raises BadMap."""
    return {name: house.facility for name, house in load_houses(path).items()}


def load_houses(path: Path | str) -> dict[str, House]:
    """Facility id → house, for a map file, a directory of `*.toml`, or a built-in example. Raises BadMap."""
    folder = Path(path)
    if not folder.is_dir():
        house = load_house(path)
        return {house.facility.id: house}
    houses: dict[str, House] = {}
    for file in sorted(folder.glob("*.toml")):
        house = load_house(file)
        if house.facility.id in houses:
            raise BadMap(
                f"{file}: facility {house.facility.id!r} has a map in this directory already: keep one of the two"
            )
        houses[house.facility.id] = house
    if not houses:
        raise BadMap(f"{folder}: there is no map (*.toml) in this directory: `bedstream layout` makes one")
    return houses


def load_house(path: Path | str) -> House:
    """One map file, or `builtin:20`, `60`, `300`, `1000`, `5000`. Raises BadMap with file, place and what to mend."""
    if str(path).startswith(BUILTIN):
        return _builtin(str(path).removeprefix(BUILTIN))
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadMap(f"{path}: there is no such map file: `bedstream layout --beds 300 -o {path}` makes one") from None
    except UnicodeDecodeError:
        raise BadMap(f"{path}: this is not text in UTF-8") from None
    except OSError as error:
        raise BadMap(f"{path}: the map file cannot be read: {error.strerror}") from None
    return parse_house(text, str(path))


def parse_house(text: str, source: str) -> House:
    """A map file's text; `source` names it in messages."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMap(f"{source}: this is not TOML: {error}") from None
    return House(facility_of(table, source), policy_of(table, source) or Policy())


def _builtin(name: str) -> House:
    known = {str(beds): beds for beds in (*EXAMPLES, *GENERATED)}
    if name not in known:
        raise BadMap(
            f"{BUILTIN}{name}: there is no such example: use one of {', '.join(BUILTIN + one for one in known)}"
        )
    if known[name] in GENERATED:
        return House(layout_for_beds(f"house-{name}", known[name]), DEMO_POLICY)
    return parse_house(files("engine").joinpath("examples", f"{name}.toml").read_text("utf-8"), BUILTIN + name)
