"""Makes docs/demo.svg: a real run of `bedstream demo`, as it stood half-way and as it ended.

    .venv/bin/python docs/picture.py

Every figure in the picture is that run's. It takes as long as the demo does.
"""
# ruff: noqa: INP001 - a script beside the picture it makes, not a package

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.columns import Columns
from rich.console import Console, Group, RenderableType

from engine.commands.demo_run import Demo, Plan
from engine.commands.live import (
    Figures,
    MachineFigures,
    Show,
    house_summary,
    live_view,
    machine_summary,
    planner_summary,
)
from engine.commands.local_engine import LocalEngine

TARGET = Path(__file__).with_name("demo.svg")
AS_MAKE_DEMO = Plan(
    days=14, seconds=120, seed=1, load=0.95, map="builtin:300", answers=True, start=datetime(2026, 1, 5, tzinfo=UTC)
)


class Photographer(Show):
    """Keeps the view at half-time and the summary."""

    half_time: RenderableType = ""
    end: RenderableType = ""

    def update(self, figures: Figures, machine: MachineFigures) -> None:
        if machine.done >= 0.5 and not self.half_time:
            self.half_time = live_view(figures, machine)
        super().update(figures, machine)

    def finish(self, figures: Figures, machine: MachineFigures) -> None:
        beside = Group(planner_summary(figures, machine), machine_summary(machine))
        self.end = Columns([house_summary(figures), beside], padding=(0, 4))
        super().finish(figures, machine)


def main() -> None:
    """Live through the demo, then draw."""
    console = Console(highlight=False, soft_wrap=True)
    show = Photographer(console)
    with tempfile.TemporaryDirectory() as home, LocalEngine(Path(home), AS_MAKE_DEMO.map, console.print) as engine:
        Demo(AS_MAKE_DEMO, engine, console, show).live()
    with Path("/dev/null").open("w") as nowhere:
        picture = Console(record=True, width=84, file=nowhere)
        picture.print("[bold]$ make demo[/]\n", show.half_time, "\n… and at the end\n", show.end, sep="\n")
        drawn = picture.export_svg(title="bedstream demo: 300 beds, two weeks, two minutes")
    # Fonts would be fetched from elsewhere: the reader's own monospaced one will do.
    TARGET.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
