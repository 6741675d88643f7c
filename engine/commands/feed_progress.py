"""How far a feed has come: a bar on a terminal, a line every ten seconds in a log or a pipe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

LINE_EVERY_SECONDS = 10.0


class Shown(Protocol):
    """`done` counts steps (None: their number is not known), `said` are the figures so far."""

    def __call__(self, said: str, done: int | None = None) -> None: ...


@contextmanager
def progress_shown(name: str, total: int | None = None) -> Iterator[Shown]:
    """Shows steps of `total` while the block lasts."""
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield _lines(console, name, total)
        return
    with Progress(BarColumn(bar_width=24), TextColumn("{task.fields[said]}"), TimeElapsedColumn()) as progress:
        task = progress.add_task(name, total=total, said=name)
        yield lambda said, done=None: progress.update(task, completed=done, said=said)


def _lines(console: Console, name: str, total: int | None) -> Shown:
    next_at = time.monotonic() + LINE_EVERY_SECONDS

    def line(said: str, done: int | None = None) -> None:
        nonlocal next_at
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + LINE_EVERY_SECONDS
            share = f"{done / total:4.0%}  " if total and done is not None else ""
            console.print(f"{name}  {share}{said}")

    return line
