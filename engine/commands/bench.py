"""`bedstream bench`: how fast it is, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

bench = typer.Typer(help="How fast it is, on this machine.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(bench, name="bench")


@bench.command()
def stream(
    rounds: Annotated[int, typer.Option(min=1, help="rounds, each with every contender")] = 3,
    events: Annotated[int, typer.Option(min=1000, help="events of a backlog")] = 20_000,
    houses: Annotated[int, typer.Option(min=1, max=64, help="facilities that live side by side")] = 8,
    beds: Annotated[int, typer.Option(min=20, max=5000, help="beds of each")] = 300,
    pace: Annotated[list[float] | None, typer.Option(min=1, help="events/s at which latency is measured")] = None,
    paced_seconds: Annotated[float, typer.Option(min=0, help="how long each pace is kept; 0: no latencies")] = 15.0,
    home: Annotated[Path | None, typer.Option(help="where Kafka and Valkey keep their data; emptied first")] = None,
    json: Annotated[Path | None, typer.Option(help="write the figures here")] = None,
) -> None:
    """The Faust worker against a hand-written consumer loop around the same lane, on a real Kafka and a real Valkey."""
    from rich.console import Console

    from engine.bench.report import as_json, show
    from engine.bench.stream import Wanted, measure

    console = Console(highlight=False, soft_wrap=True)
    paces = tuple(pace or (20.0, 200.0)) if paced_seconds else ()
    wanted = Wanted(rounds, events, houses, beds, paces, paced_seconds)
    measured = measure(wanted, home or Path(".bedstream/bench"), console.print)
    show(measured, console)
    if json is not None:
        json.write_bytes(as_json(wanted, measured))


@bench.command()
def core(
    beds: Annotated[list[int] | None, typer.Option(min=20, max=20_000, help="sizes of the house")] = None,
) -> None:
    """The choice of a bed and the whole decision, in memory, at 90 % occupancy."""
    from rich.console import Console

    from engine.bench.core import measure_core

    measure_core(beds or [1_000, 10_000], Console(highlight=False))
