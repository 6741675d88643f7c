"""`bedstream replay` and `bedstream simulate`: feed a house with events, to Kafka or to a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace as changed

from engine.core.errors import BadInput
from engine.core.facility import Facility
from producers.replay import ReplayedHouse

Bootstrap = Annotated[str | None, typer.Option(help="Kafka brokers, host:port; else BEDSTREAM_KAFKA_BOOTSTRAP.")]
Out = Annotated[Path | None, typer.Option("--file", help="Write the events here (.gz packs them) and not to Kafka.")]
Back = Annotated[Path | None, typer.Option("--from", help="Publish the events of such a file, as they are.")]
Speed = Annotated[float, typer.Option(min=0, help="Times real time; 0 is as fast as the engine follows.")]
Start = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day.")]
Days = Annotated[int, typer.Option(min=1, max=3660, help="Days to live through.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same events.")]
Only = Annotated[list[str] | None, typer.Option("--facility", help="Facility id; may be given several times.")]
Map = Annotated[str | None, typer.Option("--map", help="hospital.toml, a directory of them, or builtin:300.")]
Resume = Annotated[Path | None, typer.Option(help="Remember here how far it came, and go on from there.")]


def register(app: typer.Typer) -> None:
    """Mount both commands."""
    app.command("replay")(replay)
    app.command("simulate")(simulate)


def replay(
    export: Annotated[Path | None, typer.Argument(help="A SPARCS export: .csv, .csv.gz or .parquet.")] = None,
    bootstrap: Bootstrap = None,
    out: Out = None,
    back: Back = None,
    speed: Speed = 0.0,
    start: Start = None,
    days: Days = 365,
    seed: Seed = 1,
    facility: Only = None,
    map_: Map = None,
    resume: Resume = None,
) -> None:
    """Live a SPARCS export again as ADT events, a lane for each of its facilities."""
    from engine.commands.feeding import Feed, publish_file

    feed = Feed(bootstrap=bootstrap, out=out, speed=speed, resume=resume)
    if back is not None:
        publish_file(back, feed)
        return
    if export is None:
        raise BadInput("nothing to replay: name a SPARCS export, or a file of events with --from")
    houses, began = _replayed(export, start, days, seed=seed, only=frozenset(facility or ()), map_=map_)
    run = f"replay {export.name} {began:%Y-%m-%d} {days} d, seed {seed}, {'all' if not facility else sorted(facility)}"
    feed.live(houses, began, days, run)


def simulate(
    bootstrap: Bootstrap = None,
    out: Out = None,
    back: Back = None,
    speed: Speed = 0.0,
    start: Start = None,
    days: Days = 14,
    seed: Seed = 1,
    facility: Only = None,
    map_: Map = None,
    resume: Resume = None,
    load: Annotated[float, typer.Option(min=0.05, max=1.5, help="Mean share of the acute beds in use.")] = 0.9,
) -> None:
    """Live through simulated days of one or several houses, calibrated to public figures."""
    from engine.commands.feeding import Feed, publish_file
    from producers.simulator import House

    feed = Feed(bootstrap=bootstrap, out=out, speed=speed, resume=resume)
    if back is not None:
        publish_file(back, feed)
        return
    began = (start or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)).replace(tzinfo=UTC)
    maps = _maps(map_ or "builtin:300", facility or [])
    run = f"simulate {sorted(one.sha256[:12] for one in maps)} {began:%Y-%m-%d}, load {load}, seed {seed}"
    feed.live([House(one, seed, began, load) for one in maps], began, days, run)


def _maps(where: str, names: Sequence[str]) -> list[Facility]:
    """The maps of `where`; names that it does not have get its first map, each as a house of its own."""
    from engine.adapters.maps import load_maps

    found = load_maps(where)
    first = next(iter(found.values()))
    return [found.get(name) or changed(first, id=name, name=name) for name in names] or list(found.values())


def _replayed(
    export: Path, start: datetime | None, days: int, *, seed: int, only: frozenset[str], map_: str | None
) -> tuple[list[ReplayedHouse], datetime]:
    """A house for each facility of the export, with the map given for it or one sized from its own stays."""
    from rich.console import Console

    from engine.adapters.maps import load_maps
    from producers.replay import Span, map_for, stays_by_facility
    from producers.sparcs import Tally, read_sparcs

    tally = Tally()
    first_day = start.date() if start else _first_day(export)
    rows = read_sparcs(export, tally, needed=("facility",))
    stays = stays_by_facility(rows, Span(first_day, days), seed, tally, only=only)
    Console().print(f"{tally.read:,} rows read; left out: {dict(tally.left_out) or 'none'}")
    maps = load_maps(map_) if map_ else {}
    began = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
    houses = [
        ReplayedHouse(maps.get(name) or map_for(name, its_stays, days), its_stays, seed, began)
        for name, its_stays in stays.items()
    ]
    return houses, began


def _first_day(export: Path) -> date:
    """New Year's Day of the first year the export names; 2020 where it names none."""
    from producers.sparcs import read_sparcs

    year = next((row.year for row in read_sparcs(export) if row.year), 2020)
    return date(year, 1, 1)
