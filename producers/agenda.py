"""What is still to happen in a house, in order of time, and what has happened since somebody last asked."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from engine.core.events import Event, TimePassed

Step = Callable[[datetime], None]


class Agenda:
    """A clock of its own that only `advance` moves; every `tick` it says that time has passed, so that timers fire.

    What is due at the same time happens in the order it was put down. Event ids are `ids` and a running number.
    """

    def __init__(self, facility_id: str, source: str, ids: str, *, start: datetime, tick: timedelta) -> None:
        self.now = start
        self._facility_id, self._source, self._ids, self._tick = facility_id, source, ids, tick
        self._due: list[tuple[datetime, int, Step]] = []
        self._asked = self._told = 0
        self._out: list[Event] = []
        self.later(start + tick, self._time_passes)

    def later(self, at: datetime, step: Step) -> None:
        """Do `step` at that time, or now if it has passed."""
        self._asked += 1
        heapq.heappush(self._due, (max(at, self.now), self._asked, step))

    def advance(self, until: datetime) -> list[Event]:
        """Everything that happens before `until`, in order of time."""
        while self._due and self._due[0][0] < until:
            self.now, _, step = heapq.heappop(self._due)
            step(self.now)
        self.now = until
        happened, self._out = self._out, []
        return happened

    def tell(self, kind: type[Any], at: datetime, **fields: Any) -> None:
        """Say that this happened."""
        self._told += 1
        event_id = f"{self._ids}-{self._told}"
        self._out.append(kind(event_id=event_id, facility=self._facility_id, at=at, source=self._source, **fields))

    def _time_passes(self, at: datetime) -> None:
        self.tell(TimePassed, at)
        self.later(at + self._tick, self._time_passes)
