"""`bedstream layout`: make a hospital map, check one, or tell the engine of a new one."""

from __future__ import annotations

import csv
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from engine.adapters.map_writer import dump_map
from engine.adapters.maps import House, load_house
from engine.core.errors import BadInput
from engine.core.events import MapChanged, PolicyChanged
from engine.core.facility import Facility, MapError
from engine.core.layout import layout_for_beds, layout_for_demand
from engine.core.sizing import Demand
from engine.core.terms import BedKind, Level
from engine.settings import load_settings
from producers.publisher import KafkaPublisher

COLUMNS = ("service", "admissions_per_day", "mean_stay_days", "level")
MapFile = Annotated[str, typer.Argument(help="A hospital.toml, or builtin:20 … builtin:5000.")]

layouts = typer.Typer(help="Make, check and publish hospital maps.", invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    app.add_typer(layouts, name="layout")


@layouts.callback()
def make(
    context: typer.Context,
    beds: Annotated[int | None, typer.Option(help="Staffed beds; bassinets and surge beds come on top.")] = None,
    demand: Annotated[Path | None, typer.Option(help=f"CSV with the columns {', '.join(COLUMNS)}.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    facility: Annotated[str, typer.Option(help="Facility id: the key of its events.")] = "general",
    occupancy: Annotated[float, typer.Option(help="Share of beds that may be taken on average.")] = 0.85,
    seed: Annotated[int, typer.Option(help="Varies the order of the rooms.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Lay out a house from a number of beds or from demand."""
    if context.invoked_subcommand:
        return
    if (beds is None) == (demand is None):
        raise BadInput("say either --beds 300 or --demand FILE")
    try:
        house = (
            layout_for_demand(facility, read_demand(demand), occupancy, seed=seed)
            if demand
            else layout_for_beds(facility, beds or 0, seed=seed, target_occupancy=occupancy)
        )
    except MapError as error:
        raise BadInput(str(error)) from None
    _write(dump_map(house), output, force)
    if output:
        Console(stderr=True).print(f"{output}: {_summary(house)}.")


@layouts.command("check")
def check(file: MapFile) -> None:
    """Read a map as the engine would, and say what is in it."""
    house = load_house(file)
    Console().print(f"{file} is a usable map: {_summary(house.facility)}.")


@layouts.command("publish")
def publish(
    file: MapFile,
    actor: Annotated[str | None, typer.Option(help="Who decided it; goes into the ledger.")] = None,
) -> None:
    """Send the map and its policy to the engine as events on adt.events: from there on it decides with them."""
    house, settings, now = load_house(file), load_settings(), datetime.now(UTC)
    with closing(KafkaPublisher(settings.kafka_bootstrap, security=settings.kafka_security())) as publisher:
        for event in changes(house, now, actor):
            publisher.send(event, timestamp_ms=int(now.timestamp() * 1000))
    Console().print(f"Published the map of {house.facility.id}: {_summary(house.facility)}.")


def changes(house: House, at: datetime, actor: str | None) -> tuple[MapChanged, PolicyChanged]:
    """The events that put a house on this map and policy."""
    facility, policy = house.facility, house.policy
    common: dict[str, Any] = {"facility": facility.id, "at": at, "source": "layout", "actor": actor}
    return (
        MapChanged(event_id=str(uuid.uuid4()), map=facility, sha256=facility.sha256, **common),
        PolicyChanged(event_id=str(uuid.uuid4()), policy=policy, sha256=policy.sha256, **common),
    )


def read_demand(path: Path) -> list[Demand]:
    """A CSV of demand; `level` may be left out (acute). Raises BadInput with file and line."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            missing = [name for name in COLUMNS[:3] if name not in (rows.fieldnames or ())]
            if missing:
                raise BadInput(f"{path}: the column {missing[0]!r} is missing: the columns are {', '.join(COLUMNS)}")
            return [_demand(row, f"{path}, line {number}") for number, row in enumerate(rows, start=2)]
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file: give a CSV with the columns {', '.join(COLUMNS)}") from None


def _demand(row: dict[str, str], where: str) -> Demand:
    level = row.get("level") or "acute"
    if level.upper() not in Level.__members__:
        raise BadInput(f"{where}: level {level!r} is not known: use acute, step_down or intensive")
    try:
        figures = float(row["admissions_per_day"]), float(row["mean_stay_days"])
    except (TypeError, ValueError):
        raise BadInput(f"{where}: admissions_per_day and mean_stay_days must be numbers") from None
    try:
        return Demand(row["service"], *figures, Level[level.upper()])
    except MapError as error:
        raise BadInput(f"{where}: {error}") from None


def _write(text: str, output: Path | None, force: bool) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        with output.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput(f"{output} is there already: choose another name, or overwrite it with --force") from None
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {error.strerror}") from None


def _summary(facility: Facility) -> str:
    spots = facility.spots.values()
    bassinets = sum(spot.bed.kind is BedKind.BASSINET for spot in spots)
    surge = sum(spot.bed.surge for spot in spots)
    beds = len(spots) - bassinets - surge
    return f"{facility.id}, {len(facility.wards)} wards, {beds:,} beds, {surge} surge beds, {bassinets} bassinets"
