"""`bedstream worker`: the engine itself, one process or several under a supervisor."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(worker)


def worker(
    workers: Annotated[int, typer.Option("--workers", "-n", min=1, help="processes to keep running")] = 1,
    alone: Annotated[bool, typer.Option("--alone", hidden=True, help="no supervisor: run in this process")] = False,
) -> None:
    """Assign beds: follow adt.events until SIGTERM. A worker that crashes is started again."""
    from engine.settings import load_settings

    settings = load_settings()
    if alone:
        run_alone()
    from engine.adapters.logs import configure_logs
    from engine.adapters.supervisor import Supervisor

    configure_logs(settings.log_format, settings.log_level)
    command = [sys.executable, "-m", "engine.cli", "worker", "--alone"]

    def environment(number: int) -> dict[str, str]:
        """The first worker has the metrics port as set, the others the ones after it."""
        port = settings.metrics_port + number if settings.metrics_port else 0
        return {**os.environ, "BEDSTREAM_METRICS_PORT": str(port)}

    raise typer.Exit(Supervisor(command, workers, environment).run())


def run_alone() -> None:
    """One worker in this process; ends it. Status 1: a service is away, try again; 2: the settings cannot be right."""
    import asyncio

    import uvloop

    from engine.adapters.kafka_admin import KafkaUnusable
    from engine.adapters.store import StoreAway
    from engine.bootstrap import make_worker
    from engine.settings import load_settings

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    try:
        worker = make_worker(load_settings())
    except (KafkaUnusable, StoreAway) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    worker.execute_from_commandline()
