"""Houses and the engine in step: publish a window of events, wait for the ledger, let the houses react, go on.

A window is 15 minutes and a reaction takes at least as long, so the events depend on the seed and the decisions alone,
never on how fast anything ran.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from engine.core.events import Event
from engine.core.ledger import Record
from producers.ledger_reader import LedgerReader
from producers.progress import Progress
from producers.publisher import EventSink

WINDOW = timedelta(minutes=15)


class Living(Protocol):
    """A facility that goes on by itself and follows what is decided: a simulated house or a replayed one."""

    facility_id: str

    def advance(self, until: datetime) -> list[Event]: ...

    def follow(self, record: Record) -> None: ...


class Window(msgspec.Struct, frozen=True):
    """What one window brought: for progress shown to people."""

    until: datetime
    events: list[Event]
    records: list[Record]


class LockstepDriver:
    """Drives `houses` from `start`. `speed` is times real time (0: as fast as the ledger follows).

    `also(until)` gives events of others for the window that ends then (answers to suggestions, say); they are
    published with it. `progress` remembers what was confirmed, so that a second run with the same arguments goes on
    where the first ended.
    """

    def __init__(
        self,
        houses: Sequence[Living],
        sink: EventSink,
        ledger: LedgerReader,
        start: datetime,
        *,
        speed: float = 0.0,
        progress: Progress | None = None,
        also: Callable[[datetime], Iterable[Event]] = lambda _until: (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.now = start
        self._houses = {house.facility_id: house for house in houses}
        self._sink, self._ledger, self._also = sink, ledger, also
        self._speed, self._sleep = speed, sleep
        self._progress = progress or Progress()

    def run(self, until: datetime, seen: Callable[[Window], None] = lambda _window: None) -> None:
        """Live until then; `seen` is told after each window. Raises PublishError, LedgerSilent."""
        while self.now < until:
            began = time.monotonic()
            seen(self.window(min(self.now + WINDOW, until)))
            if self._speed > 0:
                self._sleep(max(0.0, WINDOW.total_seconds() / self._speed - (time.monotonic() - began)))

    def window(self, until: datetime) -> Window:
        """One window: everything before `until`, decided and followed."""
        happened = [event for house in self._houses.values() for event in house.advance(until)]
        happened += self._also(until)
        happened.sort(key=lambda event: event.at)
        self._publish(happened)
        records = self._ledger.records([event.event_id for event in happened])
        for record in records:
            self._houses[record.facility].follow(record)
        self.now = until
        return Window(until, happened, records)

    def _publish(self, happened: list[Event]) -> None:
        for event in self._progress.not_yet_confirmed(happened):
            self._sink.send(event, timestamp_ms=round(event.at.timestamp() * 1000))
        self._sink.flush()
        self._progress.confirm(len(happened))
