"""A stream of events recorded once, so that every contender is fed the same bytes, however fast it answers."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from engine.adapters.stay_strata import StrataForecaster
from engine.core.codec import encode_event
from engine.core.events import Event
from engine.core.layout import layout_for_beds
from producers.driver import WINDOW, LockstepDriver
from producers.rehearsal import Rehearsal
from producers.simulator import House

START = datetime(2026, 1, 5, tzinfo=UTC)
LOAD = 0.9


class Recorded(msgspec.Struct, frozen=True):
    """An event as it will lie on adt.events."""

    facility: str
    raw: bytes
    timestamp_ms: int


class Tape:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []

    def send(self, event: Event, *, timestamp_ms: int) -> None:
        self.events.append(Recorded(event.facility, encode_event(event), timestamp_ms))

    def flush(self) -> None:
        """Kept already."""

    def close(self) -> None:
        """Nothing is open."""


def record(houses: int, beds: int, events: int, seed: int = 1) -> list[Recorded]:
    """The first `events` of simulated houses that live side by side from their opening day on, `beds` in each."""
    tape = Tape()
    rehearsal = Rehearsal(StrataForecaster(), tape)
    names = [f"HOUSE-{number:02}" for number in range(houses)]
    living = [
        House(layout_for_beds(name, beds, seed=seed + number), seed + number, START, LOAD)
        for number, name in enumerate(names)
    ]
    driver = LockstepDriver(living, rehearsal, rehearsal, START)
    while len(tape.events) < events:
        driver.window(driver.now + WINDOW)
    return tape.events[:events]
