"""`bedstream topics`: the five topics as they are, and with --create as they should be."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from engine.adapters.topics import TopicStatus, ensure_topics, inspect_topics
from engine.settings import load_settings


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command("topics")(topics)


def topics(
    create: Annotated[bool, typer.Option("--create", help="Create what is missing and mend settings.")] = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka brokers, host:port.")] = None,
    partitions: Annotated[int | None, typer.Option(help="Partitions; a live count cannot change.")] = None,
) -> None:
    """Show the topics bedstream lives on; exit code 1 when one is missing or wrong."""
    settings = load_settings(kafka_bootstrap=bootstrap, partitions=partitions)
    console = Console()
    if create:
        done = ensure_topics(settings)
        console.print(
            f"Created or mended: {', '.join(done)}." if done else "Nothing to do: all topics are as they should be."
        )
    found = inspect_topics(settings)
    console.print(_table(found))
    if any(status.problem for status in found):
        raise typer.Exit(1)


def _table(found: list[TopicStatus]) -> Table:
    table = Table("Topic", "Partitions", "Copies", "Cleanup", "Is it right?")
    for status in found:
        count, copies = (str(value or "–") for value in (status.partitions, status.replication_factor))
        problem = status.problem
        told = f"[red]{problem}[/]" if problem else "[green]yes[/]"
        table.add_row(status.spec.name, count, copies, status.spec.must["cleanup.policy"], told)
    return table
