"""`bedstream up`: the whole engine on this machine, for your own feeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up")(up)


def up(
    house: Annotated[
        str, typer.Option("--map", help="a hospital.toml, a directory of them, or builtin:300")
    ] = "builtin:300",
    workers: Annotated[int, typer.Option("--workers", "-n", min=1, help="worker processes")] = 1,
    home: Annotated[Path, typer.Option(help="where Kafka and Valkey keep their data, from run to run")] = Path(
        ".bedstream/up"
    ),
) -> None:
    """Start Kafka, Valkey and workers here, keep them running until Ctrl-C, and keep their data for the next time."""
    from rich.console import Console

    from engine.commands.local_engine import LocalEngine

    console = Console(highlight=False, soft_wrap=True)
    with LocalEngine(home, house, console.print, workers=workers, fresh=False, log_level="INFO") as engine:
        engine.wait()
