"""What the demo shows, on a terminal and in a pipe."""

from __future__ import annotations

import io

from rich.console import Console

from engine.adapters.house_figures import HouseFigures
from engine.commands.live import (
    HOUSE_ROWS,
    PLANNER_ROWS,
    MachineFigures,
    Show,
    house_summary,
    live_view,
    machine_summary,
    plain_line,
    planner_summary,
)

MACHINE = MachineFigures(done=0.25, seconds=31.0, events_per_second=4321.0, p50_ms=3.2, p99_ms=12.5, plans=9)


def drawn(*things: object, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=terminal)
    for thing in things:
        console.print(thing)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_live_view_shows_the_house_and_its_pace() -> None:
    text = drawn(live_view(HouseFigures().summary(), MACHINE))
    for expected in ("25%", "waiting now", "bed-time idle", "off-service", "suggestions", "4,321", "12.5"):
        assert expected in text


def test_every_figure_of_the_summary_has_a_row() -> None:
    shown = {key for key, _, _ in (*HOUSE_ROWS, *PLANNER_ROWS)}
    assert set(HouseFigures().summary()) <= shown


def test_the_summary_has_house_planner_and_machine_apart() -> None:
    figures = HouseFigures().summary()
    text = drawn(house_summary(figures), planner_summary(figures, MACHINE), machine_summary(MACHINE))
    house, rest = text.split("The planner")
    planner, machine = rest.split("The machine")
    assert "The house" in house
    assert "suggestions" not in house
    assert "suggestions" in planner
    assert "events/s" not in planner
    assert "4,321" in machine


def test_without_a_terminal_there_is_a_line_every_ten_seconds() -> None:
    now = [0.0]
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    with Show(console, clock=lambda: now[0]) as show:
        for second in range(35):
            now[0] = float(second)
            show.update(HouseFigures().summary(), MACHINE)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [plain_line(HouseFigures().summary(), MACHINE)] * 3


def test_on_a_terminal_the_picture_gives_way_to_the_summary() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with Show(console) as show:
        show.update(HouseFigures().summary(), MACHINE)
    show.finish(HouseFigures().summary(), MACHINE)
    assert isinstance(console.file, io.StringIO)
    assert "The house" in console.file.getvalue()
