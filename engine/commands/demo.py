"""`bedstream demo`: a house lives through two weeks on a real Kafka and a real Valkey, while you watch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    days: Annotated[int, typer.Option(min=1, max=365, help="days the house lives through")] = 14,
    seconds: Annotated[
        float, typer.Option(min=0, help="wall-clock seconds it is spread over (0: at full speed)")
    ] = 120,
    seed: Annotated[int, typer.Option(help="the same seed gives the same patients")] = 1,
    load: Annotated[float, typer.Option(min=0.05, max=1.5, help="mean share of the acute beds in use")] = 0.95,
    house: Annotated[str, typer.Option("--map", help="a hospital.toml, or builtin:20 … builtin:5000")] = "builtin:300",
    answers: Annotated[
        bool, typer.Option(help="a simulated bed manager answers the planner's suggestions (labelled as such)")
    ] = True,
    keep: Annotated[bool, typer.Option(help="leave everything running at the end, until Ctrl-C")] = False,
    home: Annotated[Path | None, typer.Option(help="where Kafka and Valkey keep their data; emptied first")] = None,
) -> None:
    """A simulated house at steady state, run by the real engine: admissions become beds, re-planned while they run."""
    from rich.console import Console

    from engine.commands.demo_run import Demo, Plan
    from engine.commands.local_engine import LocalEngine

    console = Console(highlight=False, soft_wrap=True)
    start = datetime(2026, 1, 5, tzinfo=UTC)
    plan = Plan(days=days, seconds=seconds, seed=seed, load=load, map=house, answers=answers, start=start)
    with LocalEngine(home or Path(".bedstream/demo"), house, console.print) as engine:
        Demo(plan, engine, console).live()
        if keep:
            engine.wait()
