"""`bedstream …`: the command line. Each command lives in its own module; bad input ends with one sentence."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from engine.core.errors import BadInput

COMMANDS = ("demo", "up", "worker", "feed", "layout", "topics", "rejected", "doctor", "bench")

app = typer.Typer(
    help="Hospital bed assignment: ADT events in, beds and reasons out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bedstream {version('bedstream')}")
        raise typer.Exit


@app.callback()
def bedstream(
    _: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="show it")] = False,
) -> None:
    """Hospital bed assignment: ADT events in, beds and reasons out."""


for name in COMMANDS:
    import_module(f"engine.commands.{name}").register(app)


def main() -> None:
    """Run; a BadInput or a dead embedded service is one sentence and status 2."""
    from engine.embedded.errors import EmbeddedError

    try:
        app()
    except (BadInput, EmbeddedError) as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(str(error), style="red", markup=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
