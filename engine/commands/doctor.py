"""`bedstream doctor`: is everything around the workers as it must be, and if not, what to do."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.adapters.doctor import Finding, Health, examine
from engine.settings import load_settings

COLOUR = {Health.RIGHT: "green", Health.WRONG: "red", Health.UNSEEN: "yellow"}


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command("doctor")(doctor)


def doctor() -> None:
    """Look at settings, map, model, Kafka, topics and Redis; exit code 1 when something is wrong. Changes nothing."""
    findings = examine(load_settings())
    Console().print(_table(findings))
    if any(finding.health is Health.WRONG for finding in findings):
        raise typer.Exit(1)


def _table(findings: list[Finding]) -> Table:
    table = Table("", "", "Found", "What to do")
    for one in findings:
        colour = COLOUR[one.health]
        table.add_row(one.what, f"[{colour}]{one.health}[/]", escape(one.said), escape(one.mend))
    return table
