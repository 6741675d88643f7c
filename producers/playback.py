"""A file of events published again, in its own order and at its own pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from producers.event_file import TimedEvent
from producers.progress import Progress
from producers.publisher import EventSink

EVENTS_PER_FLUSH = 500


def play(
    events: Iterable[TimedEvent],
    sink: EventSink,
    *,
    speed: float = 0.0,
    progress: Progress | None = None,
    seen: Callable[[int], None] = lambda _events: None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Publish them with the timestamps they bear; `speed` is times real time (0: as fast as possible).

    Returns how many there were, those confirmed by an earlier run included. `seen` is told the count after each batch.
    """
    progress, total = progress or Progress(), 0
    pace = _Pace(speed, sleep)
    for batch in _batches(iter(events)):
        for one in list(batch)[max(0, progress.confirmed_before - total) :]:
            pace.wait_for(one.timestamp_ms)
            sink.send(one.event, timestamp_ms=one.timestamp_ms)
        sink.flush()
        progress.confirm(len(batch))
        total += len(batch)
        seen(total)
    return total


def _batches(events: Iterator[TimedEvent]) -> Iterator[list[TimedEvent]]:
    while batch := list(islice(events, EVENTS_PER_FLUSH)):
        yield batch


class _Pace:
    """Sleeps so that event time runs `speed` times as fast as the clock."""

    def __init__(self, speed: float, sleep: Callable[[float], None]) -> None:
        self._speed, self._sleep = speed, sleep
        self._began: tuple[float, int] | None = None

    def wait_for(self, timestamp_ms: int) -> None:
        if self._speed <= 0:
            return
        clock, first = self._began = self._began or (time.monotonic(), timestamp_ms)
        ahead = (timestamp_ms - first) / 1000 / self._speed - (time.monotonic() - clock)
        if ahead > 0:
            self._sleep(ahead)
