"""`bedstream rejected`: what could not be read or applied, why, and the way back once the cause is mended."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.adapters.rejected import Rejected, read_rejected
from engine.adapters.rejected import replay as replay_chosen
from engine.core.errors import BadInput
from engine.settings import load_settings

rejected = typer.Typer(help="Events on adt.rejected: list them, replay them.", no_args_is_help=True)
Reason = Annotated[str | None, typer.Option(help="Only those whose reason contains this text.")]


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    app.add_typer(rejected, name="rejected")


@rejected.command("list")
def show(
    reason: Reason = None,
    raw: Annotated[
        int | None, typer.Option(help="Write the raw bytes of this offset: they may name a patient.")
    ] = None,
) -> None:
    """Show reason, position, size and time of each; never the content, unless --raw asks for one."""
    found = read_rejected(load_settings())
    if raw is not None:
        sys.stdout.buffer.write(choose(found, [raw], None, again=True)[0].raw or b"")
        sys.stdout.buffer.flush()
        return
    Console().print(_table([one for one in found if reason is None or reason in one.reason]))


@rejected.command("replay")
def replay(
    reason: Reason = None,
    offset: Annotated[list[int] | None, typer.Option(help="Only this one; may be given several times.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also those that were replayed before.")] = False,
) -> None:
    """Send rejected events to adt.events once more, each into its facility's partition."""
    settings = load_settings()
    chosen = choose(read_rejected(settings), offset or [], reason, again=again)
    count = replay_chosen(settings, chosen)
    Console().print(f"Replayed {count} event{'' if count == 1 else 's'}." if count else "Nothing to replay.")


def choose(found: list[Rejected], offsets: list[int], reason: str | None, *, again: bool) -> list[Rejected]:
    """Those asked for; all of them when nothing is asked. Raises BadInput for an offset that is not there."""
    missing = set(offsets) - {one.offset for one in found}
    if missing:
        raise BadInput(f"offset {min(missing)} is not on adt.rejected: `bedstream rejected list` shows what is")
    return [
        one
        for one in found
        if (not offsets or one.offset in offsets)
        and (reason is None or reason in one.reason)
        and (again or not one.replayed)
    ]


def _table(found: list[Rejected]) -> Table:
    table = Table("Offset", "Rejected at", "Came from", "Bytes", "Reason", "Replayed")
    for one in found:
        came_from = f"{one.topic} {one.partition}:{one.position}"
        size = "–" if one.raw is None else f"{len(one.raw):,}"
        told = f"{one.at:%Y-%m-%d %H:%M:%S}Z"
        table.add_row(str(one.offset), told, came_from, size, escape(one.reason), "yes" if one.replayed else "")
    return table
