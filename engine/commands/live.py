"""What `bedstream demo` shows: the house as it lives, and at the end what it lived through and what the machine did."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

Figures = Mapping[str, int | float]
PLAIN_LINE_EVERY_SECONDS = 10.0

HOUSE_ROWS: tuple[tuple[str, str, str], ...] = (
    ("days", "days lived", "{:.1f}"),
    ("events", "events", "{:,}"),
    ("arrived", "patients arrived", "{:,}"),
    ("placed", "beds given", "{:,}"),
    ("waiting", "waiting now", "{:,}"),
    ("mean_wait_hours", "mean wait (h)", "{:.2f}"),
    ("p95_wait_hours", "95 % wait (h)", "{:.2f}"),
    ("idle_percent", "bed-time idle (%)", "{:.1f}"),
    ("off_service", "off-service now", "{:,}"),
    ("deferred", "deferrals", "{:,}"),
    ("moves", "moves", "{:,}"),
    ("conflicts", "contradictions recorded", "{:,}"),
)
# What the planner finds in time depends on the machine, so these stand apart from what the seed alone decides.
PLANNER_ROWS: tuple[tuple[str, str, str], ...] = (
    ("plans", "planner runs", "{:,}"),
    ("plans_coalesced", "runs that fell due meanwhile", "{:,}"),
    ("suggestions", "suggestions", "{:,}"),
    ("answered", "answered", "{:,}"),
    ("accepted", "accepted and carried out", "{:,}"),
)
LIVE_ROWS = ("arrived", "placed", "waiting", "idle_percent", "off_service", "suggestions", "accepted")


class MachineFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine did, in wall-clock seconds and milliseconds: different on every run, unlike the house's figures.

    `done` is the share (0–1) of the simulated time lived through; latency is from record to decision published.
    """

    done: float = 0.0
    seconds: float = 0.0
    events_per_second: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    plans: int = 0
    plans_coalesced: int = 0


MACHINE_ROWS: tuple[tuple[str, str, str], ...] = (
    ("seconds", "wall clock (s)", "{:.0f}"),
    ("events_per_second", "events/s", "{:,.0f}"),
    ("p50_ms", "median latency (ms)", "{:.1f}"),
    ("p99_ms", "99 % latency (ms)", "{:.1f}"),
)


def live_view(figures: Figures, machine: MachineFigures) -> RenderableType:
    """Progress through the simulated time above the figures of this moment."""
    table = Table.grid(padding=(0, 3))
    table.add_column(style="cyan")
    table.add_column(justify="right", style="bold")
    shown = [
        (words, form.format(figures[key])) for key, words, form in (*HOUSE_ROWS, *PLANNER_ROWS) if key in LIVE_ROWS
    ]
    shown += [("events/s", f"{machine.events_per_second:,.0f}"), ("99 % latency (ms)", f"{machine.p99_ms:.1f}")]
    for words, value in shown:
        table.add_row(words, value)
    progress = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=1.0, completed=machine.done, width=50)
    progress.add_row(f"day {figures['days']:.1f}", bar, f"{machine.done:.0%}")
    return Panel(Group(progress, "", table), title="bedstream", expand=False)


def plain_line(figures: Figures, machine: MachineFigures) -> str:
    """The same moment as one line, for a log or a pipe."""
    return (
        f"{machine.done:4.0%}  day {figures['days']:.1f}  arrived {figures['arrived']:,}"
        f"  placed {figures['placed']:,}  waiting {figures['waiting']:,}  idle {figures['idle_percent']:.1f} %"
        f"  off-service {figures['off_service']:,}"
        f"  suggestions {figures['suggestions']:,}  {machine.events_per_second:,.0f} events/s"
        f"  p99 {machine.p99_ms:.1f} ms"
    )


def house_summary(figures: Figures) -> RenderableType:
    """The house's block: the same for the same seed."""
    return _block("The house", HOUSE_ROWS, figures)


def machine_summary(machine: MachineFigures) -> RenderableType:
    """The machine's block: this run on this computer."""
    return _block("The machine", MACHINE_ROWS, msgspec.structs.asdict(machine))


def planner_summary(figures: Figures, machine: MachineFigures) -> RenderableType:
    """The planner's block: what it proposed and what became of it."""
    return _block("The planner", PLANNER_ROWS, {**figures, **msgspec.structs.asdict(machine)})


def _block(title: str, rows: tuple[tuple[str, str, str], ...], figures: Figures) -> RenderableType:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column("figure")
    table.add_column("value", justify="right")
    for key, words, form in rows:
        table.add_row(words, form.format(figures[key]))
    return table


class Show:
    """Shows the demo while it runs: redrawn in place on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._next_line_at = clock() + PLAIN_LINE_EVERY_SECONDS

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, figures: Figures, machine: MachineFigures) -> None:
        """Call it as often as you like; a few times a second is enough for a smooth picture."""
        if self._live is not None:
            self._live.update(live_view(figures, machine), refresh=True)
        elif self._clock() >= self._next_line_at:
            self._next_line_at = self._clock() + PLAIN_LINE_EVERY_SECONDS
            self._console.print(plain_line(figures, machine), soft_wrap=True, highlight=False)

    def finish(self, figures: Figures, machine: MachineFigures) -> None:
        """The summary, in three blocks."""
        self._console.print(house_summary(figures))
        self._console.print(planner_summary(figures, machine))
        self._console.print(machine_summary(machine))
